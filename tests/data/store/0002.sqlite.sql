BEGIN TRANSACTION;
CREATE TABLE address (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	email TEXT NOT NULL, 
	email_key TEXT NOT NULL, 
	status VARCHAR(40) NOT NULL, 
	created_at DATETIME NOT NULL, 
	changed_at DATETIME NOT NULL, 
	CONSTRAINT uq_address_email_key UNIQUE (email_key)
);
INSERT INTO "address" VALUES(1,'ada@example.org','ada@example.org','suppressed','2026-05-11 05:00:00.000000','2026-05-12 06:00:00.206835');
INSERT INTO "address" VALUES(2,'bo@example.org','bo@example.org','active','2026-05-11 05:00:00.000000','2026-05-11 05:00:00.000000');
INSERT INTO "address" VALUES(3,'cy@example.org','cy@example.org','unsubscribed','2026-05-11 05:00:00.000000','2026-05-11 05:30:00.000000');
INSERT INTO "address" VALUES(5,'reader@example.org','reader@example.org','active','2026-05-11 06:00:00.000000','2026-05-11 06:00:00.000000');
INSERT INTO "address" VALUES(6,'di@example.org','di@example.org','active','2026-05-12 08:00:00.000000','2026-05-12 08:00:00.000000');
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0002');
CREATE TABLE announcement (
	seq INTEGER NOT NULL, 
	paper_id INTEGER NOT NULL, 
	revision_id INTEGER NOT NULL, 
	batch_id INTEGER NOT NULL, 
	source TEXT NOT NULL, 
	kind VARCHAR(40) NOT NULL, 
	at DATETIME NOT NULL, 
	CONSTRAINT pk_announcement PRIMARY KEY (seq), 
	CONSTRAINT fk_announcement_paper_id FOREIGN KEY(paper_id) REFERENCES paper (id), 
	CONSTRAINT fk_announcement_revision_id FOREIGN KEY(revision_id) REFERENCES revision (id), 
	CONSTRAINT fk_announcement_batch_id FOREIGN KEY(batch_id) REFERENCES batch (id)
);
INSERT INTO "announcement" VALUES(1,1,1,1,'dumps','new','2026-05-11 06:00:00.000000');
INSERT INTO "announcement" VALUES(2,2,2,1,'dumps','new','2026-05-11 06:00:00.000000');
INSERT INTO "announcement" VALUES(3,3,3,1,'dumps','new','2026-05-11 06:00:00.000000');
INSERT INTO "announcement" VALUES(4,4,4,1,'dumps','new','2026-05-11 06:00:00.000000');
INSERT INTO "announcement" VALUES(5,5,5,1,'dumps','new','2026-05-11 06:00:00.000000');
INSERT INTO "announcement" VALUES(6,6,6,1,'dumps','new','2026-05-11 06:00:00.000000');
INSERT INTO "announcement" VALUES(7,7,7,1,'dumps','new','2026-05-11 06:00:00.000000');
INSERT INTO "announcement" VALUES(8,8,8,1,'dumps','new','2026-05-11 06:00:00.000000');
INSERT INTO "announcement" VALUES(9,9,9,1,'dumps','new','2026-05-11 06:00:00.000000');
INSERT INTO "announcement" VALUES(10,10,10,1,'dumps','new','2026-05-11 06:00:00.000000');
INSERT INTO "announcement" VALUES(11,11,11,1,'dumps','new','2026-05-11 06:00:00.000000');
INSERT INTO "announcement" VALUES(12,12,12,1,'dumps','new','2026-05-11 06:00:00.000000');
INSERT INTO "announcement" VALUES(13,13,13,1,'dumps','new','2026-05-11 06:00:00.000000');
INSERT INTO "announcement" VALUES(14,14,14,1,'dumps','new','2026-05-11 06:00:00.000000');
INSERT INTO "announcement" VALUES(15,15,15,1,'dumps','new','2026-05-11 06:00:00.000000');
INSERT INTO "announcement" VALUES(16,16,16,1,'dumps','new','2026-05-11 06:00:00.000000');
INSERT INTO "announcement" VALUES(17,17,17,2,'dumps','new','2026-05-12 06:00:00.000000');
INSERT INTO "announcement" VALUES(18,18,18,2,'dumps','new','2026-05-12 06:00:00.000000');
INSERT INTO "announcement" VALUES(19,19,19,2,'dumps','new','2026-05-12 06:00:00.000000');
INSERT INTO "announcement" VALUES(20,20,20,2,'dumps','new','2026-05-12 06:00:00.000000');
INSERT INTO "announcement" VALUES(21,21,21,2,'dumps','new','2026-05-12 06:00:00.000000');
INSERT INTO "announcement" VALUES(22,22,22,2,'dumps','new','2026-05-12 06:00:00.000000');
INSERT INTO "announcement" VALUES(23,23,23,2,'dumps','new','2026-05-12 06:00:00.000000');
INSERT INTO "announcement" VALUES(24,24,24,2,'dumps','new','2026-05-12 06:00:00.000000');
INSERT INTO "announcement" VALUES(25,25,25,2,'dumps','new','2026-05-12 06:00:00.000000');
INSERT INTO "announcement" VALUES(26,26,26,2,'dumps','new','2026-05-12 06:00:00.000000');
CREATE TABLE batch (
	id INTEGER NOT NULL, 
	source TEXT NOT NULL, 
	origin TEXT NOT NULL, 
	announced DATE, 
	collected_at DATETIME NOT NULL, 
	verdict VARCHAR(40) NOT NULL, 
	papers INTEGER NOT NULL, 
	new INTEGER NOT NULL, 
	listed INTEGER NOT NULL, 
	revised INTEGER NOT NULL, 
	withdrawn INTEGER NOT NULL, 
	duplicates INTEGER NOT NULL, 
	rejected JSON NOT NULL, 
	fingerprint TEXT, 
	CONSTRAINT pk_batch PRIMARY KEY (id)
);
INSERT INTO "batch" VALUES(1,'dumps','/srv/digest/dumps/2026-05-11.txt','2026-05-11','2026-05-11 06:00:00.000000','fresh',16,16,0,0,0,0,'[]','1904fbb1144a27600208e1636f1d1abe');
INSERT INTO "batch" VALUES(2,'dumps','/srv/digest/dumps/2026-05-12.txt','2026-05-12','2026-05-12 06:00:00.000000','fresh',16,10,0,0,0,6,'[]','759ffd20a60040d8e935fa88a697d813');
CREATE TABLE bounce (
	id INTEGER NOT NULL, 
	address_id INTEGER NOT NULL, 
	edition_id INTEGER, 
	at DATETIME NOT NULL, 
	kind VARCHAR(40) NOT NULL, 
	status VARCHAR(16) NOT NULL, 
	proof VARCHAR(40) NOT NULL, 
	fingerprint VARCHAR(64) NOT NULL, 
	CONSTRAINT pk_bounce PRIMARY KEY (id), 
	CONSTRAINT fk_bounce_address_id FOREIGN KEY(address_id) REFERENCES address (id), 
	CONSTRAINT fk_bounce_edition_id FOREIGN KEY(edition_id) REFERENCES edition (id), 
	CONSTRAINT uq_bounce_fingerprint UNIQUE (fingerprint)
);
CREATE TABLE consent (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	address_id INTEGER NOT NULL, 
	at DATETIME NOT NULL, 
	event VARCHAR(40) NOT NULL, 
	origin VARCHAR(40) NOT NULL, 
	detail TEXT NOT NULL, 
	CONSTRAINT fk_consent_address_id FOREIGN KEY(address_id) REFERENCES address (id)
);
INSERT INTO "consent" VALUES(1,1,'2026-05-11 05:00:00.000000','subscribed','import','added by the operator');
INSERT INTO "consent" VALUES(2,2,'2026-05-11 05:00:00.000000','subscribed','import','added by the operator');
INSERT INTO "consent" VALUES(3,3,'2026-05-11 05:00:00.000000','subscribed','import','added by the operator');
INSERT INTO "consent" VALUES(5,3,'2026-05-11 05:30:00.000000','unsubscribed','operator','');
INSERT INTO "consent" VALUES(6,5,'2026-05-11 06:00:00.000000','subscribed','file','profile file reader.toml');
INSERT INTO "consent" VALUES(7,1,'2026-05-12 06:00:00.206835','suppressed','smtp','550 5.1.1 no such user');
INSERT INTO "consent" VALUES(8,6,'2026-05-12 08:00:00.000000','subscribed','import','added by the operator');
CREATE TABLE counter (
	name VARCHAR(40) NOT NULL, 
	value BIGINT NOT NULL, 
	CONSTRAINT pk_counter PRIMARY KEY (name)
);
INSERT INTO "counter" VALUES('announcement',26);
INSERT INTO "counter" VALUES('batch',2);
INSERT INTO "counter" VALUES('paper',26);
INSERT INTO "counter" VALUES('revision',26);
CREATE TABLE edition (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	subscription_id INTEGER NOT NULL, 
	local_date DATE NOT NULL, 
	composed_at DATETIME NOT NULL, 
	state VARCHAR(40) NOT NULL, 
	content JSON NOT NULL, 
	matched INTEGER NOT NULL, 
	message_id TEXT NOT NULL, 
	attempts INTEGER NOT NULL, 
	doubts INTEGER DEFAULT 0 NOT NULL, 
	next_attempt_at DATETIME NOT NULL, 
	owner TEXT, 
	claimed_at DATETIME, 
	started_at DATETIME, 
	settled_at DATETIME, 
	released_at DATETIME, 
	code INTEGER, 
	reason TEXT, 
	CONSTRAINT uq_edition_subscription_id_local_date UNIQUE (subscription_id, local_date), 
	CONSTRAINT fk_edition_subscription_id FOREIGN KEY(subscription_id) REFERENCES subscription (id)
);
INSERT INTO "edition" VALUES(1,1,'2026-05-11','2026-05-11 06:00:00.000000','sent','{"sections":[["Efficient inference",[[15,15,15,"new","dumps",68.26054177131556,[["speculative decoding","title",31.228617498589255],["title:pruning","title",23.865022491291043],["speculative decoding","related",7.463368538536613],["title:pruning","related",5.703533242898648]],[null,null,15],[0,2]],[9,9,9,"new","dumps",57.96452887077752,[["quantiz*","title",32.12196856707989],["mixture of experts","abstract",25.842560303697635]],[null,1,9],[0,2]],[1,1,1,"new","dumps",48.48073100850285,[["KV cache^2","abstract",48.48073100850285]],[null,4,1],[0,4]]]],["Retrieval and evaluation",[[7,7,7,"new","dumps",46.706749958234106,[["retrieval-augmented generation","title",46.706749958234106]],[null,7,7],[0,1,5]],[5,5,5,"new","dumps",41.18388946541357,[["dense retrieval","title",41.18388946541357]],[null,2,5],[0,1]],[13,13,13,"new","dumps",40.18535904854954,[["benchmark contamination","title",40.18535904854954]],[null,12,13],[0,1,2]]]],["Proteins and climate",[[11,11,11,"new","dumps",67.98436205001734,[["climate model","title",31.56615982924781],["downscaling","title",23.469514021628648],["climate model","related",7.4268257781432965],["downscaling","related",5.521862420997589]],[null,5,11],[0,1]],[3,3,3,"new","dumps",42.04577678730321,[["protein*","title",42.04577678730321]],[null,3,3],[0,1,4]]]]],"trending":[[2,2,2,"new","dumps",null,[],[null,9,2],null],[4,4,4,"new","dumps",null,[],[null,16,4],null],[6,6,6,"new","dumps",null,[],[null,null,6],null]],"considered":16,"left_out":0}',8,'<2026-05-11.1.92ba083bcdca66c6184a2cb6902a5640@example.org>',1,0,'2026-05-11 06:00:00.000000',NULL,'2026-05-11 06:00:00.000100',NULL,'2026-05-11 06:00:00.166873',NULL,250,'250 OK');
INSERT INTO "edition" VALUES(2,2,'2026-05-11','2026-05-11 06:00:00.000000','sent','{"sections":[["Efficient inference",[[15,15,15,"new","dumps",68.26054177131556,[["speculative decoding","title",31.228617498589255],["title:pruning","title",23.865022491291043],["speculative decoding","related",7.463368538536613],["title:pruning","related",5.703533242898648]],[null,null,15],[0,2]],[9,9,9,"new","dumps",57.96452887077752,[["quantiz*","title",32.12196856707989],["mixture of experts","abstract",25.842560303697635]],[null,1,9],[0,2]],[1,1,1,"new","dumps",48.48073100850285,[["KV cache^2","abstract",48.48073100850285]],[null,4,1],[0,4]]]],["Retrieval and evaluation",[[7,7,7,"new","dumps",46.706749958234106,[["retrieval-augmented generation","title",46.706749958234106]],[null,7,7],[0,1,5]],[5,5,5,"new","dumps",41.18388946541357,[["dense retrieval","title",41.18388946541357]],[null,2,5],[0,1]],[13,13,13,"new","dumps",40.18535904854954,[["benchmark contamination","title",40.18535904854954]],[null,12,13],[0,1,2]]]],["Proteins and climate",[[11,11,11,"new","dumps",67.98436205001734,[["climate model","title",31.56615982924781],["downscaling","title",23.469514021628648],["climate model","related",7.4268257781432965],["downscaling","related",5.521862420997589]],[null,5,11],[0,1]],[3,3,3,"new","dumps",42.04577678730321,[["protein*","title",42.04577678730321]],[null,3,3],[0,1,4]]]]],"trending":[[2,2,2,"new","dumps",null,[],[null,9,2],null],[4,4,4,"new","dumps",null,[],[null,16,4],null],[6,6,6,"new","dumps",null,[],[null,null,6],null]],"considered":16,"left_out":0}',8,'<2026-05-11.2.4087bfc59e252f4ff07043e8caeb94ee@example.org>',1,0,'2026-05-11 06:00:00.000000',NULL,'2026-05-11 06:00:00.000100',NULL,'2026-05-11 06:00:00.181633',NULL,250,'250 OK');
INSERT INTO "edition" VALUES(4,5,'2026-05-11','2026-05-11 06:00:00.000000','sent','{"sections":[["Efficient inference",[[15,15,15,"new","dumps",68.26054177131556,[["speculative decoding","title",31.228617498589255],["title:pruning","title",23.865022491291043],["speculative decoding","related",7.463368538536613],["title:pruning","related",5.703533242898648]],[null,null,15],[0,2]],[9,9,9,"new","dumps",57.96452887077752,[["quantiz*","title",32.12196856707989],["mixture of experts","abstract",25.842560303697635]],[null,1,9],[0,2]],[1,1,1,"new","dumps",48.48073100850285,[["KV cache^2","abstract",48.48073100850285]],[null,4,1],[0,4]]]],["Retrieval and evaluation",[[7,7,7,"new","dumps",46.706749958234106,[["retrieval-augmented generation","title",46.706749958234106]],[null,7,7],[0,1,5]],[5,5,5,"new","dumps",41.18388946541357,[["dense retrieval","title",41.18388946541357]],[null,2,5],[0,1]],[13,13,13,"new","dumps",40.18535904854954,[["benchmark contamination","title",40.18535904854954]],[null,12,13],[0,1,2]]]],["Proteins and climate",[[11,11,11,"new","dumps",67.98436205001734,[["climate model","title",31.56615982924781],["downscaling","title",23.469514021628648],["climate model","related",7.4268257781432965],["downscaling","related",5.521862420997589]],[null,5,11],[0,1]],[3,3,3,"new","dumps",42.04577678730321,[["protein*","title",42.04577678730321]],[null,3,3],[0,1,4]]]]],"trending":[[2,2,2,"new","dumps",null,[],[null,9,2],null],[4,4,4,"new","dumps",null,[],[null,16,4],null],[6,6,6,"new","dumps",null,[],[null,null,6],null]],"considered":16,"left_out":0}',8,'<2026-05-11.4.d033acb60c7a26236f9c16a8bad9724e@example.org>',1,0,'2026-05-11 06:00:00.000000',NULL,'2026-05-11 06:00:00.000100',NULL,'2026-05-11 06:00:00.207820',NULL,250,'250 OK');
INSERT INTO "edition" VALUES(5,1,'2026-05-12','2026-05-12 06:00:00.000000','refused','{"sections":[["Efficient inference",[[17,17,17,"new","dumps",69.58521074380072,[["KV cache^2","title",59.72485761576469],["KV cache^2","related",5.177072109497821],["speculative decoding","related",2.664122118674515],["title:pruning","related",2.0191588998636916]],[null,6,1],[0,1]],[23,23,23,"new","dumps",38.11111860058066,[["title:pruning","title",38.11111860058066]],[null,2,10],[0,1,4]]]],["Retrieval and evaluation",[[21,21,21,"new","dumps",40.05698790946274,[["reranking","title",40.05698790946274]],[null,null,7],[0,1,3]]]],["Proteins and climate",[[24,24,24,"new","dumps",50.90225645236317,[["protein*","title",42.590361869113906],["protein*","related",3.257532615276634],["climate model","related",2.8980797377069485],["downscaling","related",2.1562822302656763]],[null,null,12],[0,1]],[19,19,19,"new","dumps",41.22478205421039,[["weather forecasting","title",41.22478205421039]],[null,8,4],[0,4]]]]],"trending":[[18,18,18,"new","dumps",null,[],[null,null,3],null],[20,20,20,"new","dumps",null,[],[null,null,6],null],[22,22,22,"new","dumps",null,[],[null,2,9],null]],"considered":10,"left_out":0}',5,'<2026-05-12.5.49cc016924b7b24239bdb99c6964d242@example.org>',1,0,'2026-05-12 06:00:00.000000',NULL,'2026-05-12 06:00:00.000067',NULL,'2026-05-12 06:00:00.165027',NULL,550,'550 5.1.1 no such user');
INSERT INTO "edition" VALUES(6,2,'2026-05-12','2026-05-12 06:00:00.000000','sent','{"sections":[["Efficient inference",[[17,17,17,"new","dumps",69.58521074380072,[["KV cache^2","title",59.72485761576469],["KV cache^2","related",5.177072109497821],["speculative decoding","related",2.664122118674515],["title:pruning","related",2.0191588998636916]],[null,6,1],[0,1]],[23,23,23,"new","dumps",38.11111860058066,[["title:pruning","title",38.11111860058066]],[null,2,10],[0,1,4]]]],["Retrieval and evaluation",[[21,21,21,"new","dumps",40.05698790946274,[["reranking","title",40.05698790946274]],[null,null,7],[0,1,3]]]],["Proteins and climate",[[24,24,24,"new","dumps",50.90225645236317,[["protein*","title",42.590361869113906],["protein*","related",3.257532615276634],["climate model","related",2.8980797377069485],["downscaling","related",2.1562822302656763]],[null,null,12],[0,1]],[19,19,19,"new","dumps",41.22478205421039,[["weather forecasting","title",41.22478205421039]],[null,8,4],[0,4]]]]],"trending":[[18,18,18,"new","dumps",null,[],[null,null,3],null],[20,20,20,"new","dumps",null,[],[null,null,6],null],[22,22,22,"new","dumps",null,[],[null,2,9],null]],"considered":10,"left_out":0}',5,'<2026-05-12.6.83c5a187c952e5f6c18e9e661d9dffdc@example.org>',1,0,'2026-05-12 06:00:00.000000',NULL,'2026-05-12 06:00:00.000067',NULL,'2026-05-12 06:00:00.194581',NULL,250,'250 OK');
INSERT INTO "edition" VALUES(7,5,'2026-05-12','2026-05-12 06:00:00.000000','sent','{"sections":[["Efficient inference",[[17,17,17,"new","dumps",69.58521074380072,[["KV cache^2","title",59.72485761576469],["KV cache^2","related",5.177072109497821],["speculative decoding","related",2.664122118674515],["title:pruning","related",2.0191588998636916]],[null,6,1],[0,1]],[23,23,23,"new","dumps",38.11111860058066,[["title:pruning","title",38.11111860058066]],[null,2,10],[0,1,4]]]],["Retrieval and evaluation",[[21,21,21,"new","dumps",40.05698790946274,[["reranking","title",40.05698790946274]],[null,null,7],[0,1,3]]]],["Proteins and climate",[[24,24,24,"new","dumps",50.90225645236317,[["protein*","title",42.590361869113906],["protein*","related",3.257532615276634],["climate model","related",2.8980797377069485],["downscaling","related",2.1562822302656763]],[null,null,12],[0,1]],[19,19,19,"new","dumps",41.22478205421039,[["weather forecasting","title",41.22478205421039]],[null,8,4],[0,4]]]]],"trending":[[18,18,18,"new","dumps",null,[],[null,null,3],null],[20,20,20,"new","dumps",null,[],[null,null,6],null],[22,22,22,"new","dumps",null,[],[null,2,9],null]],"considered":10,"left_out":0}',5,'<2026-05-12.7.3a762ac8b18edc4cfca1a6febaa58ef1@example.org>',1,0,'2026-05-12 06:00:00.000000',NULL,'2026-05-12 06:00:00.000067',NULL,'2026-05-12 06:00:00.204878',NULL,250,'250 OK');
INSERT INTO "edition" VALUES(8,6,'2026-05-12','2026-05-12 08:00:00.000000','queued','{"sections":[["Efficient inference",[[17,17,17,"new","dumps",69.58521074380072,[["KV cache^2","title",59.72485761576469],["KV cache^2","related",5.177072109497821],["speculative decoding","related",2.664122118674515],["title:pruning","related",2.0191588998636916]],[null,6,1],[0,1]],[23,23,23,"new","dumps",38.11111860058066,[["title:pruning","title",38.11111860058066]],[null,2,10],[0,1,4]]]],["Retrieval and evaluation",[[21,21,21,"new","dumps",40.05698790946274,[["reranking","title",40.05698790946274]],[null,null,7],[0,1,3]]]],["Proteins and climate",[[24,24,24,"new","dumps",50.90225645236317,[["protein*","title",42.590361869113906],["protein*","related",3.257532615276634],["climate model","related",2.8980797377069485],["downscaling","related",2.1562822302656763]],[null,null,12],[0,1]],[19,19,19,"new","dumps",41.22478205421039,[["weather forecasting","title",41.22478205421039]],[null,8,4],[0,4]]]]],"trending":[[18,18,18,"new","dumps",null,[],[null,null,3],null],[20,20,20,"new","dumps",null,[],[null,null,6],null],[22,22,22,"new","dumps",null,[],[null,2,9],null]],"considered":10,"left_out":0}',5,'<2026-05-12.8.a9036110551b9f6493c441d25eb00449@example.org>',0,0,'2026-05-12 08:00:00.000000',NULL,NULL,NULL,NULL,NULL,NULL,NULL);
CREATE TABLE edition_paper (
	subscription_id INTEGER NOT NULL, 
	paper_id INTEGER NOT NULL, 
	edition_id INTEGER NOT NULL, 
	CONSTRAINT pk_edition_paper PRIMARY KEY (subscription_id, paper_id, edition_id), 
	CONSTRAINT fk_edition_paper_subscription_id FOREIGN KEY(subscription_id) REFERENCES subscription (id), 
	CONSTRAINT fk_edition_paper_paper_id FOREIGN KEY(paper_id) REFERENCES paper (id), 
	CONSTRAINT fk_edition_paper_edition_id FOREIGN KEY(edition_id) REFERENCES edition (id)
)
 WITHOUT ROWID

;
INSERT INTO "edition_paper" VALUES(1,1,1);
INSERT INTO "edition_paper" VALUES(1,2,1);
INSERT INTO "edition_paper" VALUES(1,3,1);
INSERT INTO "edition_paper" VALUES(1,4,1);
INSERT INTO "edition_paper" VALUES(1,5,1);
INSERT INTO "edition_paper" VALUES(1,6,1);
INSERT INTO "edition_paper" VALUES(1,7,1);
INSERT INTO "edition_paper" VALUES(1,9,1);
INSERT INTO "edition_paper" VALUES(1,11,1);
INSERT INTO "edition_paper" VALUES(1,13,1);
INSERT INTO "edition_paper" VALUES(1,15,1);
INSERT INTO "edition_paper" VALUES(2,1,2);
INSERT INTO "edition_paper" VALUES(2,2,2);
INSERT INTO "edition_paper" VALUES(2,3,2);
INSERT INTO "edition_paper" VALUES(2,4,2);
INSERT INTO "edition_paper" VALUES(2,5,2);
INSERT INTO "edition_paper" VALUES(2,6,2);
INSERT INTO "edition_paper" VALUES(2,7,2);
INSERT INTO "edition_paper" VALUES(2,9,2);
INSERT INTO "edition_paper" VALUES(2,11,2);
INSERT INTO "edition_paper" VALUES(2,13,2);
INSERT INTO "edition_paper" VALUES(2,15,2);
INSERT INTO "edition_paper" VALUES(5,1,4);
INSERT INTO "edition_paper" VALUES(5,2,4);
INSERT INTO "edition_paper" VALUES(5,3,4);
INSERT INTO "edition_paper" VALUES(5,4,4);
INSERT INTO "edition_paper" VALUES(5,5,4);
INSERT INTO "edition_paper" VALUES(5,6,4);
INSERT INTO "edition_paper" VALUES(5,7,4);
INSERT INTO "edition_paper" VALUES(5,9,4);
INSERT INTO "edition_paper" VALUES(5,11,4);
INSERT INTO "edition_paper" VALUES(5,13,4);
INSERT INTO "edition_paper" VALUES(5,15,4);
INSERT INTO "edition_paper" VALUES(1,17,5);
INSERT INTO "edition_paper" VALUES(1,18,5);
INSERT INTO "edition_paper" VALUES(1,19,5);
INSERT INTO "edition_paper" VALUES(1,20,5);
INSERT INTO "edition_paper" VALUES(1,21,5);
INSERT INTO "edition_paper" VALUES(1,22,5);
INSERT INTO "edition_paper" VALUES(1,23,5);
INSERT INTO "edition_paper" VALUES(1,24,5);
INSERT INTO "edition_paper" VALUES(2,17,6);
INSERT INTO "edition_paper" VALUES(2,18,6);
INSERT INTO "edition_paper" VALUES(2,19,6);
INSERT INTO "edition_paper" VALUES(2,20,6);
INSERT INTO "edition_paper" VALUES(2,21,6);
INSERT INTO "edition_paper" VALUES(2,22,6);
INSERT INTO "edition_paper" VALUES(2,23,6);
INSERT INTO "edition_paper" VALUES(2,24,6);
INSERT INTO "edition_paper" VALUES(5,17,7);
INSERT INTO "edition_paper" VALUES(5,18,7);
INSERT INTO "edition_paper" VALUES(5,19,7);
INSERT INTO "edition_paper" VALUES(5,20,7);
INSERT INTO "edition_paper" VALUES(5,21,7);
INSERT INTO "edition_paper" VALUES(5,22,7);
INSERT INTO "edition_paper" VALUES(5,23,7);
INSERT INTO "edition_paper" VALUES(5,24,7);
INSERT INTO "edition_paper" VALUES(6,17,8);
INSERT INTO "edition_paper" VALUES(6,18,8);
INSERT INTO "edition_paper" VALUES(6,19,8);
INSERT INTO "edition_paper" VALUES(6,20,8);
INSERT INTO "edition_paper" VALUES(6,21,8);
INSERT INTO "edition_paper" VALUES(6,22,8);
INSERT INTO "edition_paper" VALUES(6,23,8);
INSERT INTO "edition_paper" VALUES(6,24,8);
CREATE TABLE identifier (
	scheme VARCHAR(40) NOT NULL, 
	value TEXT NOT NULL, 
	paper_id INTEGER NOT NULL, 
	CONSTRAINT pk_identifier PRIMARY KEY (scheme, value), 
	CONSTRAINT fk_identifier_paper_id FOREIGN KEY(paper_id) REFERENCES paper (id)
)
 WITHOUT ROWID

;
CREATE TABLE job_runs (
	id INTEGER NOT NULL, 
	job VARCHAR(40) NOT NULL, 
	slot DATETIME, 
	started_at DATETIME NOT NULL, 
	finished_at DATETIME, 
	outcome TEXT NOT NULL, 
	problems JSON NOT NULL, 
	owner TEXT NOT NULL, 
	takeovers INTEGER NOT NULL, 
	CONSTRAINT pk_job_runs PRIMARY KEY (id), 
	CONSTRAINT uq_job_runs_job_slot UNIQUE (job, slot)
);
INSERT INTO "job_runs" VALUES(1,'run',NULL,'2026-05-11 06:00:00.000000','2026-05-11 06:00:00.000000','16 new papers in 1 batch; 4 digests made; 4 sent','[]','host:13924',0);
INSERT INTO "job_runs" VALUES(2,'run',NULL,'2026-05-12 06:00:00.000000','2026-05-12 06:00:00.000000','10 new papers in 1 batch; 3 digests made; 2 sent','["1 letter was refused"]','host:13938',0);
INSERT INTO "job_runs" VALUES(3,'publish',NULL,'2026-05-12 08:00:00.000000','2026-05-12 08:00:00.000000','1 digest made','[]','host:13997',0);
CREATE TABLE listing (
	paper_id INTEGER NOT NULL, 
	source TEXT NOT NULL, 
	CONSTRAINT pk_listing PRIMARY KEY (paper_id, source), 
	CONSTRAINT fk_listing_paper_id FOREIGN KEY(paper_id) REFERENCES paper (id)
)
 WITHOUT ROWID

;
INSERT INTO "listing" VALUES(1,'dumps');
INSERT INTO "listing" VALUES(2,'dumps');
INSERT INTO "listing" VALUES(3,'dumps');
INSERT INTO "listing" VALUES(4,'dumps');
INSERT INTO "listing" VALUES(5,'dumps');
INSERT INTO "listing" VALUES(6,'dumps');
INSERT INTO "listing" VALUES(7,'dumps');
INSERT INTO "listing" VALUES(8,'dumps');
INSERT INTO "listing" VALUES(9,'dumps');
INSERT INTO "listing" VALUES(10,'dumps');
INSERT INTO "listing" VALUES(11,'dumps');
INSERT INTO "listing" VALUES(12,'dumps');
INSERT INTO "listing" VALUES(13,'dumps');
INSERT INTO "listing" VALUES(14,'dumps');
INSERT INTO "listing" VALUES(15,'dumps');
INSERT INTO "listing" VALUES(16,'dumps');
INSERT INTO "listing" VALUES(17,'dumps');
INSERT INTO "listing" VALUES(18,'dumps');
INSERT INTO "listing" VALUES(19,'dumps');
INSERT INTO "listing" VALUES(20,'dumps');
INSERT INTO "listing" VALUES(21,'dumps');
INSERT INTO "listing" VALUES(22,'dumps');
INSERT INTO "listing" VALUES(23,'dumps');
INSERT INTO "listing" VALUES(24,'dumps');
INSERT INTO "listing" VALUES(25,'dumps');
INSERT INTO "listing" VALUES(26,'dumps');
CREATE TABLE merge (
	id INTEGER NOT NULL, 
	paper_id INTEGER NOT NULL, 
	alias_id INTEGER, 
	reason TEXT NOT NULL, 
	at DATETIME NOT NULL, 
	CONSTRAINT pk_merge PRIMARY KEY (id), 
	CONSTRAINT fk_merge_paper_id FOREIGN KEY(paper_id) REFERENCES paper (id), 
	CONSTRAINT fk_merge_alias_id FOREIGN KEY(alias_id) REFERENCES paper (id)
);
CREATE TABLE meta (
	"key" VARCHAR(40) NOT NULL, 
	value TEXT NOT NULL, 
	CONSTRAINT pk_meta PRIMARY KEY ("key")
);
INSERT INTO "meta" VALUES('instance','a39cccb24c88');
INSERT INTO "meta" VALUES('message key','685f5ca48d7a1b32e2d4ac07808409e4');
INSERT INTO "meta" VALUES('statistics','2026-05-12 26');
INSERT INTO "meta" VALUES('pruned editions','0');
INSERT INTO "meta" VALUES('pruned on','2026-05-12');
CREATE TABLE paper (
	id INTEGER NOT NULL, 
	first_seen_at DATETIME NOT NULL, 
	withdrawn_at DATETIME, 
	merged_into INTEGER, 
	CONSTRAINT pk_paper PRIMARY KEY (id), 
	CONSTRAINT fk_paper_merged_into FOREIGN KEY(merged_into) REFERENCES paper (id)
);
INSERT INTO "paper" VALUES(1,'2026-05-11 06:00:00.000000',NULL,NULL);
INSERT INTO "paper" VALUES(2,'2026-05-11 06:00:00.000000',NULL,NULL);
INSERT INTO "paper" VALUES(3,'2026-05-11 06:00:00.000000',NULL,NULL);
INSERT INTO "paper" VALUES(4,'2026-05-11 06:00:00.000000',NULL,NULL);
INSERT INTO "paper" VALUES(5,'2026-05-11 06:00:00.000000',NULL,NULL);
INSERT INTO "paper" VALUES(6,'2026-05-11 06:00:00.000000',NULL,NULL);
INSERT INTO "paper" VALUES(7,'2026-05-11 06:00:00.000000',NULL,NULL);
INSERT INTO "paper" VALUES(8,'2026-05-11 06:00:00.000000',NULL,NULL);
INSERT INTO "paper" VALUES(9,'2026-05-11 06:00:00.000000',NULL,NULL);
INSERT INTO "paper" VALUES(10,'2026-05-11 06:00:00.000000',NULL,NULL);
INSERT INTO "paper" VALUES(11,'2026-05-11 06:00:00.000000',NULL,NULL);
INSERT INTO "paper" VALUES(12,'2026-05-11 06:00:00.000000',NULL,NULL);
INSERT INTO "paper" VALUES(13,'2026-05-11 06:00:00.000000',NULL,NULL);
INSERT INTO "paper" VALUES(14,'2026-05-11 06:00:00.000000',NULL,NULL);
INSERT INTO "paper" VALUES(15,'2026-05-11 06:00:00.000000',NULL,NULL);
INSERT INTO "paper" VALUES(16,'2026-05-11 06:00:00.000000',NULL,NULL);
INSERT INTO "paper" VALUES(17,'2026-05-12 06:00:00.000000',NULL,NULL);
INSERT INTO "paper" VALUES(18,'2026-05-12 06:00:00.000000',NULL,NULL);
INSERT INTO "paper" VALUES(19,'2026-05-12 06:00:00.000000',NULL,NULL);
INSERT INTO "paper" VALUES(20,'2026-05-12 06:00:00.000000',NULL,NULL);
INSERT INTO "paper" VALUES(21,'2026-05-12 06:00:00.000000',NULL,NULL);
INSERT INTO "paper" VALUES(22,'2026-05-12 06:00:00.000000',NULL,NULL);
INSERT INTO "paper" VALUES(23,'2026-05-12 06:00:00.000000',NULL,NULL);
INSERT INTO "paper" VALUES(24,'2026-05-12 06:00:00.000000',NULL,NULL);
INSERT INTO "paper" VALUES(25,'2026-05-12 06:00:00.000000',NULL,NULL);
INSERT INTO "paper" VALUES(26,'2026-05-12 06:00:00.000000',NULL,NULL);
CREATE TABLE revision (
	id INTEGER NOT NULL, 
	paper_id INTEGER NOT NULL, 
	number INTEGER NOT NULL, 
	title TEXT NOT NULL, 
	abstract TEXT NOT NULL, 
	authors JSON NOT NULL, 
	author_count INTEGER, 
	categories JSON NOT NULL, 
	links JSON NOT NULL, 
	identifiers JSON NOT NULL, 
	published DATE, 
	updated DATE, 
	version INTEGER, 
	summary TEXT DEFAULT '' NOT NULL, 
	keywords JSON DEFAULT '[]' NOT NULL, 
	source TEXT NOT NULL, 
	authority INTEGER DEFAULT 0 NOT NULL, 
	recorded_at DATETIME NOT NULL, 
	CONSTRAINT pk_revision PRIMARY KEY (id), 
	CONSTRAINT uq_revision_paper_id_number UNIQUE (paper_id, number), 
	CONSTRAINT fk_revision_paper_id FOREIGN KEY(paper_id) REFERENCES paper (id)
);
INSERT INTO "revision" VALUES(1,1,1,'SlateCache: Deciding Which Keys to Forget in Long-Context Decoding','The memory of a long conversation grows with every token, and on commodity accelerators the KV cache, not the weights, decides how many requests can be served at once. Existing eviction rules rank entries by the attention they have received so far, which discards rare facts shortly before they are asked for. We present SlateCache, an eviction policy that estimates the regret of forgetting an entry from the disagreement between two cheap surrogates: one that follows recent attention and one that follows the position''s contribution to the residual stream. Entries on which both agree are dropped first; disputed entries are moved to host memory at half precision. Across eleven long-document tasks, SlateCache keeps 97.4% of full-cache accuracy with a fifth of the memory, and raises the throughput of a single accelerator by a factor of 2.8. Ablations show that the gain comes almost entirely from the disputed entries.','[]',7,'[]','[]','[]','2026-05-07',NULL,NULL,'','[]','dumps',0,'2026-05-11 06:00:00.000000');
INSERT INTO "revision" VALUES(2,2,1,'Noon to Dusk: Relighting Captured Scenes from a Single Walkthrough','A scene captured at noon should be viewable at dusk, yet reconstructions bake the light of the day of capture into every surface. Separating the two from a single walkthrough is ill-posed, and methods that try usually assume distant light or known geometry. We observe that a moving camera with automatic exposure already measures the scene under slightly different conditions, and we turn these small inconsistencies, usually treated as a nuisance, into a signal. Our method fits a field of materials together with a compact model of sun and sky, initialized from the time and place of the recording. Novel views under new light are rendered at 1024times1024 in 18 milliseconds. On nine outdoor scenes that we recorded at four times of day, relighting error falls by 31% compared with the strongest single-capture baseline, and users prefer our results in 78% of comparisons.','[]',4,'[]','[]','[]','2026-04-29',NULL,NULL,'','[]','dumps',0,'2026-05-11 06:00:00.000000');
INSERT INTO "revision" VALUES(3,3,1,'Proteins with Two Answers: Predicting Fold Switching from a Single Sequence','Structure predictors return one fold for each protein, although some proteins adopt two and switch between them to do their work. We ask how much of this second answer is already present in the representations of a predictor that was never trained to give it. A light decoder, attached to the pair features of intermediate layers and trained on only 94 experimentally resolved switches, proposes alternative contacts and a probability that they form. On a held-out set of 41 switching proteins without sequence similarity to the training data, the alternative fold is recovered within 4 angstroms in 26 cases, against 9 for ensembles made by subsampling the alignment. For non-switching controls, the predicted probability stays below 0.1 in 96% of cases. We discuss three bacterial regulators for which the model predicts a switch that has not been reported, and the experiments that would refute it.','[]',9,'[]','[]','[]','2026-04-28',NULL,NULL,'','[]','dumps',0,'2026-05-11 06:00:00.000000');
INSERT INTO "revision" VALUES(4,4,1,'Second Reader: What Language Agents Miss When They Review Code','Language agents are increasingly asked to review code, and their comments are usually judged by whether developers accept them. Acceptance, however, says nothing about the defects that no one mentioned. We plant 1,860 defects of known kind and severity in pull requests to forty open-source projects, with the consent of their maintainers, and compare five agents with 63 professional reviewers. Agents find more resource leaks and unchecked errors than people do, and far fewer violations of a project''s unwritten conventions. Their misses are not random: a defect is overlooked three times as often when the surrounding change is well documented, an effect that we also find, though weaker, in people. Showing agents the project''s history of reverted commits closes a third of the gap. We publish the planted defects under embargo, so that they can be used for the evaluation of future reviewers.','[]',11,'[]','[]','[]','2026-05-06',NULL,NULL,'','[]','dumps',0,'2026-05-11 06:00:00.000000');
INSERT INTO "revision" VALUES(5,5,1,'Rows Are Not Paragraphs: Dense Retrieval over Tables with Units and Totals','Dense retrieval treats a table as a short and badly punctuated paragraph, and so it misses what tables are for: a value is found by its row, its column and its unit together. We introduce Gridlock, a bi-encoder that embeds cells in the context of their headers and pools them along rows and columns separately before the two views are combined at query time. Units are normalized during indexing, so that a question about megawatts reaches a column in kilowatts. To evaluate the approach we assemble 9,400 questions over statistical yearbooks, laboratory supplements and municipal budgets, a third of which need a total that no single cell states. Gridlock improves recall at 10 from 58.2 to 74.9 over the best text encoder of equal size, with an index that is only 1.4 times larger, and degrades gracefully when headers are missing.','[]',3,'[]','[]','[]','2025-12-09',NULL,NULL,'','[]','dumps',0,'2026-05-11 06:00:00.000000');
INSERT INTO "revision" VALUES(6,6,1,'Feeling Along the Wire: Tactile Servoing for Cable Insertion under Occlusion','Inserting a flexible cable into a socket is easy for people because they feel the cable''s direction where the hand hides it. Vision-based policies lose sight of the tip at precisely the moment when alignment matters. We present a tactile servoing controller that estimates the local curvature of a cable from a pair of fingertip sensors at 60 Hz and adjusts grip and approach together. The estimator is trained in simulation with randomized friction and stiffness and needs no real labels; a short self-calibration motion, in which the gripper slides along the cable once, identifies the stiffness of the cable at hand. Over 420 insertions with fourteen cables, among them braided and coiled ones, the controller succeeds in 93% of trials and recovers from 71% of its initial misses without releasing the cable. Vision alone succeeds in 62%.','[]',NULL,'[]','[]','[]',NULL,NULL,NULL,'','[]','dumps',0,'2026-05-11 06:00:00.000000');
INSERT INTO "revision" VALUES(7,7,1,'Calibrated Abstention in Retrieval-Augmented Generation','Retrieval-augmented generation grounds answers in documents, but when the collection holds no answer most systems still give one. We study abstention as a decision made before generation rather than after it. Our method, Quietus, compares the distribution of similarity scores for a query with the distribution seen for queries that are known to be unanswerable, and turns the difference into a probability that the retrieved passages are sufficient. The estimate needs no labels from the target collection: unanswerable queries are made by removing documents from the index. On six question-answering collections, Quietus halves the rate of unsupported answers at equal coverage and is calibrated within 4 percentage points, also on collections of a domain that it has never seen. We further show that the signal survives changes of the embedding model, and release 38,000 annotated abstention decisions for further study.','[]',5,'[]','[]','[]','2026-05-05',NULL,NULL,'','[]','dumps',0,'2026-05-11 06:00:00.000000');
INSERT INTO "revision" VALUES(8,8,1,'A Codec for the Dawn Chorus: Compressing Field Recordings without Losing Species','Acoustic monitoring stations record for months, and their audio is compressed by codecs that were designed for speech and music, which discard exactly the high and faint components by which some species are told apart. We train a neural codec whose distortion measure is not how a recording sounds to people but whether a panel of classifiers, held out during evaluation, still hears the same birds. Rate is allocated over time by a small event model, so that hours of wind cost almost nothing. At 3 kilobits per second, our codec preserves 94% of the detections made on uncompressed audio, where a general codec needs 24 kilobits to reach the same level. Decoding runs in real time on the processor of a field station. We also report a failure: overlapping calls of closely related warblers are sometimes merged into one.','[]',5,'[]','[]','[]','2025-11-21',NULL,NULL,'','[]','dumps',0,'2026-05-11 06:00:00.000000');
INSERT INTO "revision" VALUES(9,9,1,'Three Bits for the Experts, Eight for the Router: Mixed Quantization of Sparse Language Models','Sparse models with a mixture of experts activate few parameters per token and yet must hold all of them in memory, which makes them natural candidates for aggressive quantization. We find that uniform bit widths fail for an unexpected reason: rounding the router by even one part in 10^{3} sends borderline tokens to other experts, and the resulting errors compound over layers. We therefore quantize experts to three bits with a per-expert scale learned from the tokens that actually reach them, and keep the router and the shared attention at eight. A calibration set of 512 sequences is enough, provided that it is sampled so that every expert sees at least 2times10^{4} tokens. On four public sparse models the method cuts memory by 4.6 times at a loss of 0.3 points of average accuracy, where the strongest uniform baseline loses 3.1.','[]',6,'[]','[]','[]','2026-04-30',NULL,NULL,'','[]','dumps',0,'2026-05-11 06:00:00.000000');
INSERT INTO "revision" VALUES(10,10,1,'Islands in the Grid: Graph Networks That Anticipate Cascading Failures','A power grid rarely fails at once; it fails along a sequence of overloads, each of which is predictable from the one before. Simulating such cascades for every possible initial outage is out of reach for operators, who therefore check single outages only. We train a graph network to predict the next line to trip together with the time until it does, and unroll it to whole cascades. Physical consistency is kept by solving a linearized power flow between steps, which restricts the network to what the linear model cannot express. On synthetic grids of 300 to 9,000 buses, the predicted sets of isolated consumers overlap with those of a full simulation by 88% on average, at a thousandth of the cost. Searching over pairs of outages, we find 17 combinations whose effect exceeds the sum of the single outages by more than a gigawatt.','[]',4,'[]','[]','[]','2025-10-03',NULL,NULL,'','[]','dumps',0,'2026-05-11 06:00:00.000000');
INSERT INTO "revision" VALUES(11,11,1,'Downscaling Rain: Stochastic Refinement of Climate Model Precipitation over Complex Terrain','Precipitation from a global climate model arrives on cells of a hundred kilometres, whereas floods happen in valleys. Deterministic downscaling smooths the extremes that planners need to know about; generative approaches restore them but drift from the large-scale budget of water. We describe Talweg, a conditional flow model that refines rainfall from 100 to 4 kilometres in three steps, each of which conserves the coarse total exactly by construction. Terrain enters through the height that air must climb along the mean wind and not as a raw elevation map, which lets a model trained on one mountain range transfer to another. Over two ranges with dense gauge networks, Talweg reproduces the 99.9th percentile of hourly rain within 6%, and the length of dry spells within a day. A century of a regional ensemble of 30 members is refined in nine hours on one accelerator.','[]',6,'[]','[]','[]','2026-05-04',NULL,NULL,'','[]','dumps',0,'2026-05-11 06:00:00.000000');
INSERT INTO "revision" VALUES(12,12,1,'Where the Radiologists Disagree: Learning Segmentation from Boundaries in Dispute','Training data for medical image segmentation is usually reduced to one contour per lesion by a vote, which erases the most informative part: the places where experts disagree. We propose to learn from the disputed band itself. A network predicts, for every pixel of the band, not a class but the order in which annotators of growing caution would include it, so that a single threshold at inference moves the contour from the boldest to the most careful reading. The ordering is learned from as few as two annotations per image. On three collections of liver, prostate and retinal images, our contours agree with an unseen annotator as well as a second expert does, and the width of the predicted band correlates with the eventual revision of the diagnosis (R^{2}=0.64). Annotators who worked with the band needed 38% less time.','[]',NULL,'[]','[]','[]',NULL,NULL,NULL,'','[]','dumps',0,'2026-05-11 06:00:00.000000');
INSERT INTO "revision" VALUES(13,13,1,'Fingerprints of the Familiar: Detecting Benchmark Contamination without Access to Training Data','A model that has seen its examination cannot be examined. Benchmark contamination is hard to establish from outside, because likelihoods confuse what is memorized with what is merely easy. We propose a test that asks for neither training data nor log-probabilities. Each item is rewritten by a chain of meaning-preserving edits whose difficulty is matched by human raters, and the model''s accuracy is followed along the chain: genuine competence declines slowly, while memorized items fall off a cliff after the first few edits. The statistic has a known null distribution, which gives each evaluation a p-value and not only a suspicion. In controlled experiments in which we contaminate models of 1B to 13B parameters ourselves, the test detects exposure to a single epoch with 91% power at a false-positive rate of 5%. Applied to twelve public evaluation suites, it flags four, two of which were not suspected before.','[]',8,'[]','[]','[]','2026-05-07',NULL,NULL,'','[]','dumps',0,'2026-05-11 06:00:00.000000');
INSERT INTO "revision" VALUES(14,14,1,'Remembering What Was Slow: Negative Knowledge in Compiler Autotuning','Autotuners search thousands of program variants to find a fast one and then forget all the slow ones. We argue that the slow ones are the more reusable part. From 2.1 million measurements over 340 tensor programs, we learn a model of why a variant is slow, expressed as a short list of violated resource limits, and use it to discard candidates before they are compiled. In contrast to cost models that predict run time, the rules transfer across hardware with a change of six constants that can be read from a data sheet. On two processors that were not part of the training data, the search reaches 95% of the best known performance after 140 measurements, where a learned cost model needs 600. The rules also serve as explanations: in a study with eleven compiler engineers, they led to two fixes in a production scheduler.','[]',NULL,'[]','[]','[]',NULL,NULL,NULL,'','[]','dumps',0,'2026-05-11 06:00:00.000000');
INSERT INTO "revision" VALUES(15,15,1,'Pollard: Speculative Decoding with Draft Trees That Prune Themselves','Speculative decoding hides the latency of a large model behind the guesses of a small one, but the shape of the draft is usually fixed in advance: too shallow for boilerplate, too deep for anything surprising. We propose Pollard, which grows a draft tree one node at a time and stops where the expected cost of verification exceeds the expected number of accepted tokens. Both quantities are predicted by a linear probe on the draft model''s last hidden state, so that the decision costs less than 1% of a draft step. No component is trained jointly, and the output distribution of the target model is preserved exactly. On code completion, translation and open conversation, Pollard accepts 4.1 tokens per verification on average, against 2.9 for the best fixed tree, and it never falls below plain autoregressive speed, even at batch sizes at which earlier methods slow the server down.','[]',4,'[]','[]','[]','2026-05-06',NULL,NULL,'','[]','dumps',0,'2026-05-11 06:00:00.000000');
INSERT INTO "revision" VALUES(16,16,1,'Cheap Syndromes First: Cascaded Decoding for the Surface Code at Microsecond Latency','Quantum error correction needs a decoder that keeps pace with the hardware: a backlog of syndromes grows without bound. Accurate decoders are slow, and fast ones waste the qubits that they protect. We describe a cascade in which a lookup stage resolves isolated error patterns, a local message-passing stage resolves small clusters, and only what remains, below 0.4% of rounds at a physical error rate of 10^{-3}, reaches a matching decoder. Each stage passes on its confidence, and a syndrome is escalated as soon as the stage''s own bound on the logical error exceeds a budget. For distances up to 21, the cascade matches the threshold of full matching within 2% at a mean latency of 0.7 microseconds per round on a mid-range programmable chip. The tail of the latency distribution, which decides the size of the buffers, is shortened by a factor of nine.','[]',5,'[]','[]','[]','2026-05-01',NULL,NULL,'','[]','dumps',0,'2026-05-11 06:00:00.000000');
INSERT INTO "revision" VALUES(17,17,1,'Common Beginnings: Sharing the KV Cache across Requests That Are Only Almost Alike','Serving systems reuse the KV cache of a shared prefix only if two prompts agree token for token, and a date or a user name near the beginning is enough to prevent it. We show that cached entries can be repaired instead of recomputed. For a changed span of k tokens, the entries behind it differ by an amount that decays with distance and is concentrated in few layers; a correction of low rank, computed for these layers alone, restores them to within the error of 8-bit storage. The resulting system, Incipit, tracks prompts in a radix tree that tolerates edits and bounds the accumulated error on every path. On traces of three assistants, the share of prefill computation that is avoided rises from 37% to 68%, and the median time to the first token falls from 410 to 190 milliseconds, without measurable change in answers.','[]',6,'[]','[]','[]','2026-05-08',NULL,NULL,'','[]','dumps',0,'2026-05-12 06:00:00.000000');
INSERT INTO "revision" VALUES(18,18,1,'Uncertain Lineages: Posterior Trees for Live-Cell Microscopy','Following cells through divisions is the basis of much of developmental biology, and a single wrong link corrupts every descendant. Tracking software nevertheless reports one lineage without a sign of doubt. We treat lineage reconstruction as inference over a distribution of trees and return, for every cell, the probability of each possible mother. The posterior is approximated by a sampler that proposes swaps between neighbouring branches, guided by a learned model of how cells look shortly before they divide. On five time-lapse recordings of embryos and organoids, 95% of the links to which the method assigns a probability above 0.9 are correct, and a biologist who reviews only the least certain 3% of links removes two thirds of all errors. We find that fate maps in two earlier studies hinge on links that our posterior considers open.','[]',6,'[]','[]','[]','2025-11-14',NULL,NULL,'','[]','dumps',0,'2026-05-12 06:00:00.000000');
INSERT INTO "revision" VALUES(19,19,1,'Well-Spread Ensembles for Medium-Range Weather Forecasting','Learned models for weather forecasting produce a ten-day forecast in a minute, but ensembles that are made by perturbing their input are too sure of themselves: their members agree long after the atmosphere would have diverged. We trace this to training on one-step errors, which rewards damping the growing modes that make forecasts uncertain. Our remedy is a second training phase in which pairs of members are rolled out for three days and penalized if their distance grows more slowly than that of analogues in the reanalysis record. With forty members, the ratio of spread to error lies between 0.94 and 1.05 for all lead times and for six of seven variables, and the continuous ranked probability score improves by 8% over the operational physics-based ensemble from day three on. For tropical cyclones, the spread of landfall is realistic, whereas intensity remains too low.','[]',10,'[]','[]','[]','2026-05-07',NULL,NULL,'','[]','dumps',0,'2026-05-12 06:00:00.000000');
INSERT INTO "revision" VALUES(20,20,1,'Object Permanence in Long Video Generation','Generated videos of more than a few seconds lose track of what left the frame: a cup that the camera has passed is gone, or has become a jug, when it returns. Longer context windows help little, because nothing in the training objective asks for what is out of sight. We add a small set of persistent slots that are written when an object leaves the view and read when the camera''s estimated pose points at it again. Slots are supervised by reversing training clips, which turns every departure into a return at no cost of annotation. On a test of 600 camera paths that leave a scene and come back, identity is preserved in 81% of returns, up from 44%, while the quality of single frames is unchanged. Failures concentrate on objects that move while unseen, for which we propose a harder test.','[]',NULL,'[]','[]','[]',NULL,NULL,NULL,'','[]','dumps',0,'2026-05-12 06:00:00.000000');
INSERT INTO "revision" VALUES(21,21,1,'Small Judges, Short Lists: When Reranking with Cross-Encoders Stops Paying','Reranking the results of a first-stage search with a cross-encoder is standard practice, and the length of the list to rerank is usually a round number. We measure what the number should be. Over fourteen collections and nine first-stage systems, the benefit of reranking follows a simple law: it grows with the logarithm of the list''s length up to a point that is determined by the first stage''s own score gap, and then declines, because the cross-encoder is asked about passages unlike those it was trained on. A rule that cuts each list at its score gap saves 64% of the computation and improves ranking quality on eleven of fourteen collections. The effect is larger for small models: with the rule, a judge of 30M parameters matches one of 300M at a fixed length of 100. Code and all 126 result sets: https://example.org/small-judges','[]',4,'[]','[]','[]','2026-05-09',NULL,NULL,'','[]','dumps',0,'2026-05-12 06:00:00.000000');
INSERT INTO "revision" VALUES(22,22,1,'Emergent Right-of-Way among Warehouse Robots','Fleets of warehouse robots avoid deadlock by central planning, which scales poorly, or by fixed traffic rules, which waste space at quiet hours. We train decentralized policies with a reward that contains no rule of the road at all, only the delay of each robot and, with a small weight, that of the robots it meets. Conventions emerge within two days of simulated operation, and they are not those that we would have written: robots with short remaining paths yield to those with long ones, and narrow aisles become one-way in alternating periods of about forty seconds. In a hall with 220 robots, throughput rises by 19% over the rule book in use, and the longest wait falls by half. If a tenth of the fleet follows other conventions, the learned ones degrade gradually. We provide a procedure that extracts them as readable rules.','[]',5,'[]','[]','[]','2025-10-17',NULL,NULL,'','[]','dumps',0,'2026-05-12 06:00:00.000000');
INSERT INTO "revision" VALUES(23,23,1,'Per-Block Pruning: Dropping Attention Heads Only for the Tokens That Do Not Need Them','Structured pruning removes attention heads once and for all, although a head that is idle for one sentence may be indispensable for the next. We keep all heads and decide for each block of 64 tokens which of them to compute. The schedule is made one block ahead by a predictor that reads the previous block''s layer norms, so that the memory traffic of skipped heads is never issued and the saving is real on hardware without support for sparsity. Training the predictor takes two hours for a model of 7B parameters and leaves the weights of the model unchanged. On phones and on a single-board computer, latency per token falls by 41% at equal perplexity, and by 55% if a loss of 1% is accepted. The heads that are skipped least are, without exception, those that copy names and numbers.','[]',5,'[]','[]','[]','2026-05-08',NULL,NULL,'','[]','dumps',0,'2026-05-12 06:00:00.000000');
INSERT INTO "revision" VALUES(24,24,1,'Correcting for Expression Bias in the Likelihoods of Protein Language Models','Protein language models score mutations by how natural they look, and what looks natural depends on which proteins were sequenced. We show that the scores of five public models are confounded by expression level: sequences of abundant proteins are over-represented in databases, and mutations towards their composition are favoured whatever their effect. A correction that regresses each likelihood on the frequency of codons in highly expressed genes needs neither retraining nor assay data. It raises the mean rank correlation with 87 deep mutational scans from 0.46 to 0.53, with the largest gains for proteins of rare organisms. In a blinded test on an enzyme that degrades a common plasticizer, 11 of the 20 corrected top candidates were more active than the wild type, compared with 4 of 20 for the uncorrected ranking. The correction adds one line to existing scoring pipelines.','[]',7,'[]','[]','[]','2026-04-30',NULL,NULL,'','[]','dumps',0,'2026-05-12 06:00:00.000000');
INSERT INTO "revision" VALUES(25,25,1,'Space as Grammar: Translating Sign Languages with an Explicit Signing Stage','Signers place people and things at points in the space before them and refer to these points later, much as a text uses pronouns. Translation systems that map video frames to words have no place to keep such references, and so confuse who did what to whom. We introduce a model with an explicit stage: a small table of loci, each with a position and a description, that is written and read while the video is processed. The table is trained from 3,200 sentences in which deaf annotators marked where referents were established. In two sign languages with unrelated vocabularies, errors of reference fall by 47%, and overall translation quality rises by 3.8 points. The table also makes mistakes legible: in interviews, deaf users found it easier to see why a translation was wrong than how wrong it was.','[]',8,'[]','[]','[]','2026-05-05',NULL,NULL,'','[]','dumps',0,'2026-05-12 06:00:00.000000');
INSERT INTO "revision" VALUES(26,26,1,'Weak Lensing without the Map: Field-Level Inference from Shape Catalogues of Uneven Depth','Analyses of weak gravitational lensing compress the sky into maps on a regular grid before any inference is done, and so they discard what is known about each galaxy and each pointing. We present a likelihood on the level of the catalogue, in which every galaxy contributes with its own noise and redshift distribution, and a sampler whose cost is O(nlog n) in the number of galaxies. Survey depth may vary from one exposure to the next; masks need no filling. On mock surveys with forty million galaxies, the posterior for the amplitude of matter fluctuations is 22% tighter than that of a two-point analysis of the same catalogue, and is unbiased for depth variations of up to 0.6 magnitudes, at which map-based inference is off by 1.7 standard deviations. Sampling takes a day on a single node.','[]',3,'[]','[]','[]','2025-12-02',NULL,NULL,'','[]','dumps',0,'2026-05-12 06:00:00.000000');
CREATE TABLE sighting (
	batch_id INTEGER NOT NULL, 
	paper_id INTEGER NOT NULL, 
	position INTEGER, 
	votes INTEGER, 
	comments INTEGER, 
	CONSTRAINT pk_sighting PRIMARY KEY (batch_id, paper_id), 
	CONSTRAINT fk_sighting_batch_id FOREIGN KEY(batch_id) REFERENCES batch (id), 
	CONSTRAINT fk_sighting_paper_id FOREIGN KEY(paper_id) REFERENCES paper (id)
)
 WITHOUT ROWID

;
INSERT INTO "sighting" VALUES(1,1,1,NULL,4);
INSERT INTO "sighting" VALUES(1,2,2,NULL,9);
INSERT INTO "sighting" VALUES(1,3,3,NULL,3);
INSERT INTO "sighting" VALUES(1,4,4,NULL,16);
INSERT INTO "sighting" VALUES(1,5,5,NULL,2);
INSERT INTO "sighting" VALUES(1,6,6,NULL,NULL);
INSERT INTO "sighting" VALUES(1,7,7,NULL,7);
INSERT INTO "sighting" VALUES(1,8,8,NULL,NULL);
INSERT INTO "sighting" VALUES(1,9,9,NULL,1);
INSERT INTO "sighting" VALUES(1,10,10,NULL,NULL);
INSERT INTO "sighting" VALUES(1,11,11,NULL,5);
INSERT INTO "sighting" VALUES(1,12,12,NULL,NULL);
INSERT INTO "sighting" VALUES(1,13,13,NULL,12);
INSERT INTO "sighting" VALUES(1,14,14,NULL,NULL);
INSERT INTO "sighting" VALUES(1,15,15,NULL,NULL);
INSERT INTO "sighting" VALUES(1,16,16,NULL,NULL);
INSERT INTO "sighting" VALUES(2,2,5,NULL,9);
INSERT INTO "sighting" VALUES(2,4,8,NULL,16);
INSERT INTO "sighting" VALUES(2,7,11,NULL,7);
INSERT INTO "sighting" VALUES(2,10,16,NULL,NULL);
INSERT INTO "sighting" VALUES(2,11,14,NULL,5);
INSERT INTO "sighting" VALUES(2,13,2,NULL,12);
INSERT INTO "sighting" VALUES(2,17,1,NULL,6);
INSERT INTO "sighting" VALUES(2,18,3,NULL,NULL);
INSERT INTO "sighting" VALUES(2,19,4,NULL,8);
INSERT INTO "sighting" VALUES(2,20,6,NULL,NULL);
INSERT INTO "sighting" VALUES(2,21,7,NULL,NULL);
INSERT INTO "sighting" VALUES(2,22,9,NULL,2);
INSERT INTO "sighting" VALUES(2,23,10,NULL,2);
INSERT INTO "sighting" VALUES(2,24,12,NULL,NULL);
INSERT INTO "sighting" VALUES(2,25,13,NULL,3);
INSERT INTO "sighting" VALUES(2,26,15,NULL,1);
CREATE TABLE source (
	name TEXT NOT NULL, 
	cursor JSON, 
	polled_at DATETIME NOT NULL, 
	next_poll_at DATETIME, 
	failures INTEGER DEFAULT 0 NOT NULL, 
	failing_since DATETIME, 
	CONSTRAINT pk_source PRIMARY KEY (name)
);
INSERT INTO "source" VALUES('dumps','{"2026-05-11.txt":"15645-1795901495888289639","2026-05-12.txt":"15346-1795901507267645959"}','2026-05-12 06:00:00.000000',NULL,0,NULL);
CREATE TABLE subscription (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	address_id INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	origin VARCHAR(40) NOT NULL, 
	profile_text TEXT NOT NULL, 
	paused BOOLEAN NOT NULL, 
	read_through INTEGER NOT NULL, 
	next_due DATETIME, 
	waiting_until DATETIME, 
	used_at DATETIME, 
	created_at DATETIME NOT NULL, 
	ended_at DATETIME, 
	CONSTRAINT fk_subscription_address_id FOREIGN KEY(address_id) REFERENCES address (id)
);
INSERT INTO "subscription" VALUES(1,1,'lab','import','# The demo''s reader. Every key is optional but `email` and one topic.
email = "reader@example.org"
name = "Reader"
timezone = "UTC"
max_papers = 12
min_match = 20
trending = 3

[[topics]]
name = "Efficient inference"
keywords = ["KV cache^2", "speculative decoding", "quantiz*", "mixture of experts", "title:pruning"]

[[topics]]
name = "Retrieval and evaluation"
keywords = ["retrieval-augmented generation", "dense retrieval", "reranking", "benchmark contamination"]

[[topics]]
name = "Proteins and climate"
keywords = ["protein*", "weather forecasting", "climate model", "downscaling"]
exclude = ["drug discovery"]
',0,26,'2026-05-13 00:00:00.000000',NULL,'2026-05-12 06:00:00.000000','2026-05-11 05:00:00.000000',NULL);
INSERT INTO "subscription" VALUES(2,2,'lab','import','# The demo''s reader. Every key is optional but `email` and one topic.
email = "reader@example.org"
name = "Reader"
timezone = "UTC"
max_papers = 12
min_match = 20
trending = 3

[[topics]]
name = "Efficient inference"
keywords = ["KV cache^2", "speculative decoding", "quantiz*", "mixture of experts", "title:pruning"]

[[topics]]
name = "Retrieval and evaluation"
keywords = ["retrieval-augmented generation", "dense retrieval", "reranking", "benchmark contamination"]

[[topics]]
name = "Proteins and climate"
keywords = ["protein*", "weather forecasting", "climate model", "downscaling"]
exclude = ["drug discovery"]
',0,26,'2026-05-13 00:00:00.000000',NULL,'2026-05-12 06:00:00.000000','2026-05-11 05:00:00.000000',NULL);
INSERT INTO "subscription" VALUES(3,3,'lab','import','# The demo''s reader. Every key is optional but `email` and one topic.
email = "reader@example.org"
name = "Reader"
timezone = "UTC"
max_papers = 12
min_match = 20
trending = 3

[[topics]]
name = "Efficient inference"
keywords = ["KV cache^2", "speculative decoding", "quantiz*", "mixture of experts", "title:pruning"]

[[topics]]
name = "Retrieval and evaluation"
keywords = ["retrieval-augmented generation", "dense retrieval", "reranking", "benchmark contamination"]

[[topics]]
name = "Proteins and climate"
keywords = ["protein*", "weather forecasting", "climate model", "downscaling"]
exclude = ["drug discovery"]
',0,0,'2026-05-11 05:00:00.000000',NULL,NULL,'2026-05-11 05:00:00.000000',NULL);
INSERT INTO "subscription" VALUES(5,5,'reader','file','# The demo''s reader. Every key is optional but `email` and one topic.
email = "reader@example.org"
name = "Reader"
timezone = "UTC"
max_papers = 12
min_match = 20
trending = 3

[[topics]]
name = "Efficient inference"
keywords = ["KV cache^2", "speculative decoding", "quantiz*", "mixture of experts", "title:pruning"]

[[topics]]
name = "Retrieval and evaluation"
keywords = ["retrieval-augmented generation", "dense retrieval", "reranking", "benchmark contamination"]

[[topics]]
name = "Proteins and climate"
keywords = ["protein*", "weather forecasting", "climate model", "downscaling"]
exclude = ["drug discovery"]
',0,26,'2026-05-13 00:00:00.000000',NULL,'2026-05-12 06:00:00.000000','2026-05-11 06:00:00.000000',NULL);
INSERT INTO "subscription" VALUES(6,6,'lab','import','# The demo''s reader. Every key is optional but `email` and one topic.
email = "reader@example.org"
name = "Reader"
timezone = "UTC"
max_papers = 12
min_match = 20
trending = 3

[[topics]]
name = "Efficient inference"
keywords = ["KV cache^2", "speculative decoding", "quantiz*", "mixture of experts", "title:pruning"]

[[topics]]
name = "Retrieval and evaluation"
keywords = ["retrieval-augmented generation", "dense retrieval", "reranking", "benchmark contamination"]

[[topics]]
name = "Proteins and climate"
keywords = ["protein*", "weather forecasting", "climate model", "downscaling"]
exclude = ["drug discovery"]
',0,26,'2026-05-13 00:00:00.000000',NULL,'2026-05-12 08:00:00.000000','2026-05-12 08:00:00.000000',NULL);
CREATE TABLE suppression (
	hash VARCHAR(64) NOT NULL, 
	status VARCHAR(40) NOT NULL, 
	at DATETIME NOT NULL, 
	CONSTRAINT pk_suppression PRIMARY KEY (hash)
);
CREATE TABLE title (
	hash BIGINT NOT NULL, 
	paper_id INTEGER NOT NULL, 
	"key" TEXT NOT NULL, 
	CONSTRAINT pk_title PRIMARY KEY (hash, paper_id), 
	CONSTRAINT fk_title_paper_id FOREIGN KEY(paper_id) REFERENCES paper (id)
)
 WITHOUT ROWID

;
INSERT INTO "title" VALUES(839791965530332853,18,'uncertainlineagesposteriortreesforlivecellmicroscopy');
INSERT INTO "title" VALUES(1230887850385711853,15,'pollardspeculativedecodingwithdrafttreesthatprunethemselves');
INSERT INTO "title" VALUES(1897958353653205886,4,'secondreaderwhatlanguageagentsmisswhentheyreviewcode');
INSERT INTO "title" VALUES(1930922864988476187,2,'noontoduskrelightingcapturedscenesfromasinglewalkthrough');
INSERT INTO "title" VALUES(2561130739530642380,17,'commonbeginningssharingthekvcacheacrossrequeststhatareonlyalmostalike');
INSERT INTO "title" VALUES(2610181241954716187,25,'spaceasgrammartranslatingsignlanguageswithanexplicitsigningstage');
INSERT INTO "title" VALUES(3302107260633479340,21,'smalljudgesshortlistswhenrerankingwithcrossencodersstopspaying');
INSERT INTO "title" VALUES(3489990971962727702,7,'calibratedabstentioninretrievalaugmentedgeneration');
INSERT INTO "title" VALUES(3939519877023945437,13,'fingerprintsofthefamiliardetectingbenchmarkcontaminationwithoutaccesstotrainingdata');
INSERT INTO "title" VALUES(4180157123827652219,12,'wheretheradiologistsdisagreelearningsegmentationfromboundariesindispute');
INSERT INTO "title" VALUES(4251316179978939560,5,'rowsarenotparagraphsdenseretrievalovertableswithunitsandtotals');
INSERT INTO "title" VALUES(4432511167338090968,24,'correctingforexpressionbiasinthelikelihoodsofproteinlanguagemodels');
INSERT INTO "title" VALUES(4486125634576352811,3,'proteinswithtwoanswerspredictingfoldswitchingfromasinglesequence');
INSERT INTO "title" VALUES(4502434050191270264,1,'slatecachedecidingwhichkeystoforgetinlongcontextdecoding');
INSERT INTO "title" VALUES(4643983104085380898,23,'perblockpruningdroppingattentionheadsonlyforthetokensthatdonotneedthem');
INSERT INTO "title" VALUES(4823961736866807837,10,'islandsinthegridgraphnetworksthatanticipatecascadingfailures');
INSERT INTO "title" VALUES(5256890672137951035,19,'wellspreadensemblesformediumrangeweatherforecasting');
INSERT INTO "title" VALUES(5444852693712470873,22,'emergentrightofwayamongwarehouserobots');
INSERT INTO "title" VALUES(5953456839838447603,11,'downscalingrainstochasticrefinementofclimatemodelprecipitationovercomplexterrain');
INSERT INTO "title" VALUES(6104374489668275215,8,'acodecforthedawnchoruscompressingfieldrecordingswithoutlosingspecies');
INSERT INTO "title" VALUES(6965358909015414705,6,'feelingalongthewiretactileservoingforcableinsertionunderocclusion');
INSERT INTO "title" VALUES(7317887161653599960,9,'threebitsfortheexpertseightfortheroutermixedquantizationofsparselanguagemodels');
INSERT INTO "title" VALUES(7582199155841511071,16,'cheapsyndromesfirstcascadeddecodingforthesurfacecodeatmicrosecondlatency');
INSERT INTO "title" VALUES(8293793508762558550,26,'weaklensingwithoutthemapfieldlevelinferencefromshapecataloguesofunevendepth');
INSERT INTO "title" VALUES(8355477818034246431,20,'objectpermanenceinlongvideogeneration');
INSERT INTO "title" VALUES(9208528835924352846,14,'rememberingwhatwasslownegativeknowledgeincompilerautotuning');
CREATE INDEX ix_paper_first_seen_at ON paper (first_seen_at);
CREATE INDEX ix_batch_source_fingerprint ON batch (source, fingerprint);
CREATE INDEX ix_batch_collected_at ON batch (collected_at);
CREATE INDEX ix_job_runs_job_id ON job_runs (job, id);
CREATE INDEX ix_title_paper_id ON title (paper_id);
CREATE INDEX ix_identifier_paper_id ON identifier (paper_id);
CREATE INDEX ix_merge_paper_id ON merge (paper_id);
CREATE INDEX ix_sighting_paper_id ON sighting (paper_id);
CREATE INDEX ix_consent_address_id ON consent (address_id);
CREATE INDEX ix_subscription_ended_at_next_due ON subscription (ended_at, next_due);
CREATE UNIQUE INDEX uq_subscription_live ON subscription (address_id, origin, name) WHERE ended_at IS NULL;
CREATE INDEX ix_subscription_origin_name ON subscription (origin, name);
CREATE INDEX ix_announcement_batch_id ON announcement (batch_id);
CREATE INDEX ix_announcement_paper_id ON announcement (paper_id);
CREATE INDEX ix_edition_state_next_attempt_at ON edition (state, next_attempt_at);
CREATE INDEX ix_edition_paper_edition_id ON edition_paper (edition_id);
CREATE INDEX ix_bounce_edition_id ON bounce (edition_id);
CREATE INDEX ix_bounce_address_id ON bounce (address_id);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('address',6);
INSERT INTO "sqlite_sequence" VALUES('consent',8);
INSERT INTO "sqlite_sequence" VALUES('subscription',6);
INSERT INTO "sqlite_sequence" VALUES('edition',8);
COMMIT;
