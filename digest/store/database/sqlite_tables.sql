CREATE TABLE IF NOT EXISTS alembic_version (
	version_num VARCHAR(32) NOT NULL,
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);

CREATE TABLE feedback (
	subscription_id INTEGER NOT NULL,
	paper_id INTEGER NOT NULL,
	kind VARCHAR(40) NOT NULL,
	at DATETIME NOT NULL,
	CONSTRAINT pk_feedback PRIMARY KEY (subscription_id, paper_id),
	CONSTRAINT fk_feedback_subscription_id FOREIGN KEY(subscription_id) REFERENCES subscription (id),
	CONSTRAINT fk_feedback_paper_id FOREIGN KEY(paper_id) REFERENCES paper (id)
)
 WITHOUT ROWID;

CREATE INDEX ix_feedback_paper_id ON feedback (paper_id);

CREATE TABLE author_choice (
	subscription_id INTEGER NOT NULL,
	author TEXT NOT NULL,
	choice VARCHAR(40) NOT NULL,
	at DATETIME NOT NULL,
	CONSTRAINT pk_author_choice PRIMARY KEY (subscription_id, author),
	CONSTRAINT fk_author_choice_subscription_id FOREIGN KEY(subscription_id) REFERENCES subscription (id)
)
 WITHOUT ROWID;

CREATE TABLE reading_list (
	subscription_id INTEGER NOT NULL,
	file TEXT NOT NULL,
	content_hash VARCHAR(64) NOT NULL,
	papers JSON NOT NULL,
	read_at DATETIME NOT NULL,
	CONSTRAINT pk_reading_list PRIMARY KEY (subscription_id, file),
	CONSTRAINT fk_reading_list_subscription_id FOREIGN KEY(subscription_id) REFERENCES subscription (id)
)
 WITHOUT ROWID;

CREATE TABLE reader_paper (
	subscription_id INTEGER NOT NULL,
	paper_id INTEGER NOT NULL,
	saved_at DATETIME,
	note TEXT NOT NULL,
	CONSTRAINT pk_reader_paper PRIMARY KEY (subscription_id, paper_id),
	CONSTRAINT fk_reader_paper_subscription_id FOREIGN KEY(subscription_id) REFERENCES subscription (id),
	CONSTRAINT fk_reader_paper_paper_id FOREIGN KEY(paper_id) REFERENCES paper (id)
)
 WITHOUT ROWID;

CREATE INDEX ix_reader_paper_paper_id ON reader_paper (paper_id);

CREATE TABLE reader_feed (
	subscription_id INTEGER NOT NULL,
	version INTEGER NOT NULL,
	is_open BOOLEAN NOT NULL,
	CONSTRAINT pk_reader_feed PRIMARY KEY (subscription_id),
	CONSTRAINT fk_reader_feed_subscription_id FOREIGN KEY(subscription_id) REFERENCES subscription (id)
);

CREATE TABLE list_edition (
	list_name TEXT NOT NULL,
	local_date DATE NOT NULL,
	composed_at DATETIME NOT NULL,
	read_through INTEGER NOT NULL,
	matched INTEGER NOT NULL,
	content JSON NOT NULL,
	CONSTRAINT pk_list_edition PRIMARY KEY (list_name, local_date)
)
 WITHOUT ROWID;

CREATE TABLE api_token (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
	name TEXT NOT NULL,
	hash VARCHAR(64) NOT NULL,
	scopes JSON NOT NULL,
	requests INTEGER NOT NULL,
	created_at DATETIME NOT NULL,
	expires_at DATETIME,
	revoked_at DATETIME,
	used_at DATETIME,
	used INTEGER NOT NULL,
	CONSTRAINT uq_api_token_hash UNIQUE (hash)
);

CREATE TABLE api_answer (
	token_id INTEGER NOT NULL,
	key_hash VARCHAR(64) NOT NULL,
	request_hash VARCHAR(64) NOT NULL,
	asked_at DATETIME NOT NULL,
	status INTEGER,
	location TEXT,
	body BLOB,
	CONSTRAINT pk_api_answer PRIMARY KEY (token_id, key_hash),
	CONSTRAINT fk_api_answer_token_id FOREIGN KEY(token_id) REFERENCES api_token (id)
)
 WITHOUT ROWID;

CREATE INDEX ix_api_answer_asked_at ON api_answer (asked_at);

CREATE TABLE webhook (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
	url TEXT NOT NULL,
	events JSON NOT NULL,
	secret TEXT NOT NULL,
	created_at DATETIME NOT NULL,
	consent_through INTEGER NOT NULL,
	bounce_through INTEGER NOT NULL,
	sent_through DATETIME NOT NULL,
	failing_since DATETIME,
	problem TEXT NOT NULL,
	disabled_at DATETIME
);

CREATE TABLE webhook_message (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
	webhook_id INTEGER NOT NULL,
	event VARCHAR(40) NOT NULL,
	number INTEGER NOT NULL,
	at DATETIME NOT NULL,
	data JSON NOT NULL,
	failures INTEGER NOT NULL,
	next_at DATETIME,
	done_at DATETIME,
	CONSTRAINT uq_webhook_message_webhook_id_event_number UNIQUE (webhook_id, event, number),
	CONSTRAINT fk_webhook_message_webhook_id FOREIGN KEY(webhook_id) REFERENCES webhook (id)
);

CREATE INDEX ix_webhook_message_done_at ON webhook_message (done_at);

CREATE INDEX ix_webhook_message_webhook_id_next_at ON webhook_message (webhook_id, next_at);

CREATE TABLE title_word (
	word TEXT NOT NULL,
	paper_id INTEGER NOT NULL,
	CONSTRAINT pk_title_word PRIMARY KEY (word, paper_id),
	CONSTRAINT fk_title_word_paper_id FOREIGN KEY(paper_id) REFERENCES paper (id)
)
 WITHOUT ROWID;

CREATE INDEX ix_title_word_paper_id ON title_word (paper_id);

CREATE TABLE paper_vector (
	revision_id INTEGER NOT NULL,
	model VARCHAR(80) NOT NULL,
	vector BLOB NOT NULL,
	CONSTRAINT pk_paper_vector PRIMARY KEY (revision_id, model),
	CONSTRAINT fk_paper_vector_revision_id FOREIGN KEY(revision_id) REFERENCES revision (id)
)
 WITHOUT ROWID;

CREATE TABLE lookup (
	paper_id INTEGER NOT NULL,
	service VARCHAR(40) NOT NULL,
	outcome VARCHAR(40) NOT NULL,
	asked_at DATETIME NOT NULL,
	next_at DATETIME,
	requests INTEGER NOT NULL,
	evidence TEXT DEFAULT '' NOT NULL,
	CONSTRAINT pk_lookup PRIMARY KEY (paper_id, service),
	CONSTRAINT fk_lookup_paper_id FOREIGN KEY(paper_id) REFERENCES paper (id)
)
 WITHOUT ROWID;

CREATE TABLE service_request (
	day DATE NOT NULL,
	service VARCHAR(40) NOT NULL,
	credential VARCHAR(40) NOT NULL,
	requests INTEGER NOT NULL,
	allowed INTEGER NOT NULL,
	reported JSON,
	spent BOOLEAN NOT NULL,
	CONSTRAINT pk_service_request PRIMARY KEY (day, service, credential)
)
 WITHOUT ROWID;

CREATE TABLE send_rate (
	server TEXT NOT NULL,
	next_at BIGINT NOT NULL,
	CONSTRAINT pk_send_rate PRIMARY KEY (server)
);

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

CREATE INDEX ix_job_runs_job_id ON job_runs (job, id);

CREATE TABLE site_request (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
	kind VARCHAR(20) NOT NULL,
	email TEXT NOT NULL,
	email_key TEXT NOT NULL,
	subscription_id INTEGER,
	wish JSON NOT NULL,
	asked_at DATETIME NOT NULL,
	mail_at DATETIME,
	tries INTEGER NOT NULL,
	done_at DATETIME,
	result_id INTEGER,
	CONSTRAINT fk_site_request_subscription_id FOREIGN KEY(subscription_id) REFERENCES subscription (id)
);

CREATE INDEX ix_site_request_asked_at ON site_request (asked_at);

CREATE INDEX ix_site_request_email_key ON site_request (email_key);

CREATE INDEX ix_site_request_mail_at ON site_request (mail_at);

CREATE INDEX ix_site_request_subscription_id ON site_request (subscription_id);

CREATE TABLE site_event (
	id INTEGER NOT NULL,
	counted VARCHAR(20) NOT NULL,
	"key" VARCHAR(64) NOT NULL,
	at DATETIME NOT NULL,
	CONSTRAINT pk_site_event PRIMARY KEY (id)
);

CREATE INDEX ix_site_event_at ON site_event (at);

CREATE INDEX ix_site_event_counted_key_at ON site_event (counted, "key", at);

CREATE TABLE subscription_pause (
	subscription_id INTEGER NOT NULL,
	until DATETIME NOT NULL,
	CONSTRAINT pk_subscription_pause PRIMARY KEY (subscription_id),
	CONSTRAINT fk_subscription_pause_subscription_id FOREIGN KEY(subscription_id) REFERENCES subscription (id)
);

CREATE INDEX ix_subscription_pause_until ON subscription_pause (until);

CREATE TABLE suppression (
	hash VARCHAR(64) NOT NULL,
	status VARCHAR(40) NOT NULL,
	at DATETIME NOT NULL,
	CONSTRAINT pk_suppression PRIMARY KEY (hash)
);

CREATE TABLE admin_session (
	"key" VARCHAR(64) NOT NULL,
	email TEXT NOT NULL,
	email_key TEXT NOT NULL,
	opened_at DATETIME NOT NULL,
	seen_at DATETIME NOT NULL,
	CONSTRAINT pk_admin_session PRIMARY KEY ("key")
);

CREATE INDEX ix_admin_session_email_key ON admin_session (email_key);

CREATE INDEX ix_admin_session_opened_at ON admin_session (opened_at);

CREATE TABLE admin_log (
	id INTEGER NOT NULL,
	at DATETIME NOT NULL,
	who TEXT NOT NULL,
	action VARCHAR(40) NOT NULL,
	subject TEXT NOT NULL,
	outcome TEXT NOT NULL,
	CONSTRAINT pk_admin_log PRIMARY KEY (id)
);

CREATE INDEX ix_admin_log_action_id ON admin_log (action, id);

CREATE INDEX ix_admin_log_at ON admin_log (at);

CREATE TABLE source_stop (
	name TEXT NOT NULL,
	at DATETIME NOT NULL,
	CONSTRAINT pk_source_stop PRIMARY KEY (name)
);

CREATE TABLE page_view (
	day DATE NOT NULL,
	page VARCHAR(40) NOT NULL,
	views INTEGER NOT NULL,
	CONSTRAINT pk_page_view PRIMARY KEY (day, page)
)
 WITHOUT ROWID;

CREATE TABLE meta (
	"key" VARCHAR(40) NOT NULL,
	value TEXT NOT NULL,
	CONSTRAINT pk_meta PRIMARY KEY ("key")
);

CREATE TABLE counter (
	name VARCHAR(40) NOT NULL,
	value BIGINT NOT NULL,
	CONSTRAINT pk_counter PRIMARY KEY (name)
);

CREATE TABLE paper (
	id INTEGER NOT NULL,
	first_seen_at DATETIME NOT NULL,
	withdrawn_at DATETIME,
	merged_into INTEGER,
	shown_in INTEGER,
	CONSTRAINT pk_paper PRIMARY KEY (id),
	CONSTRAINT fk_paper_merged_into FOREIGN KEY(merged_into) REFERENCES paper (id)
);

CREATE INDEX ix_paper_first_seen_at ON paper (first_seen_at);

CREATE INDEX ix_paper_merged_into ON paper (merged_into) WHERE merged_into IS NOT NULL;

CREATE TABLE title (
	hash BIGINT NOT NULL,
	paper_id INTEGER NOT NULL,
	"key" TEXT NOT NULL,
	CONSTRAINT pk_title PRIMARY KEY (hash, paper_id),
	CONSTRAINT fk_title_paper_id FOREIGN KEY(paper_id) REFERENCES paper (id)
)
 WITHOUT ROWID;

CREATE INDEX ix_title_paper_id ON title (paper_id);

CREATE TABLE identifier (
	scheme VARCHAR(40) NOT NULL,
	value TEXT NOT NULL,
	paper_id INTEGER NOT NULL,
	CONSTRAINT pk_identifier PRIMARY KEY (scheme, value),
	CONSTRAINT fk_identifier_paper_id FOREIGN KEY(paper_id) REFERENCES paper (id)
)
 WITHOUT ROWID;

CREATE INDEX ix_identifier_paper_id ON identifier (paper_id);

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
	venue TEXT DEFAULT '' NOT NULL,
	connections JSON DEFAULT '[]' NOT NULL,
	abstract_from TEXT DEFAULT '' NOT NULL,
	source TEXT NOT NULL,
	contributor TEXT,
	authority INTEGER DEFAULT 0 NOT NULL,
	recorded_at DATETIME NOT NULL,
	CONSTRAINT pk_revision PRIMARY KEY (id),
	CONSTRAINT uq_revision_paper_id_number UNIQUE (paper_id, number),
	CONSTRAINT fk_revision_paper_id FOREIGN KEY(paper_id) REFERENCES paper (id)
);

CREATE INDEX ix_revision_with_text ON revision (recorded_at) WHERE (abstract != '' OR summary != '' OR CAST(keywords AS TEXT) != '[]');

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

CREATE INDEX ix_merge_paper_id ON merge (paper_id);

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
	corrected INTEGER DEFAULT '0' NOT NULL,
	published INTEGER DEFAULT '0' NOT NULL,
	too_old INTEGER DEFAULT '0' NOT NULL,
	CONSTRAINT pk_batch PRIMARY KEY (id)
);

CREATE INDEX ix_batch_collected_at ON batch (collected_at);

CREATE INDEX ix_batch_source_announced ON batch (source, announced);

CREATE INDEX ix_batch_source_fingerprint ON batch (source, fingerprint);

CREATE INDEX ix_batch_source_id ON batch (source, id);

CREATE TABLE sighting (
	batch_id INTEGER NOT NULL,
	paper_id INTEGER NOT NULL,
	position INTEGER,
	votes INTEGER,
	comments INTEGER,
	stars INTEGER,
	CONSTRAINT pk_sighting PRIMARY KEY (batch_id, paper_id),
	CONSTRAINT fk_sighting_batch_id FOREIGN KEY(batch_id) REFERENCES batch (id),
	CONSTRAINT fk_sighting_paper_id FOREIGN KEY(paper_id) REFERENCES paper (id)
)
 WITHOUT ROWID;

CREATE INDEX ix_sighting_paper_id ON sighting (paper_id);

CREATE TABLE listing (
	paper_id INTEGER NOT NULL,
	source TEXT NOT NULL,
	CONSTRAINT pk_listing PRIMARY KEY (paper_id, source),
	CONSTRAINT fk_listing_paper_id FOREIGN KEY(paper_id) REFERENCES paper (id)
)
 WITHOUT ROWID;

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

CREATE INDEX ix_announcement_batch_id ON announcement (batch_id);

CREATE INDEX ix_announcement_paper_id ON announcement (paper_id);

CREATE TABLE source (
	name TEXT NOT NULL,
	cursor JSON,
	polled_at DATETIME NOT NULL,
	next_poll_at DATETIME,
	failures INTEGER DEFAULT 0 NOT NULL,
	failing_since DATETIME,
	CONSTRAINT pk_source PRIMARY KEY (name)
);

CREATE TABLE address (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
	email TEXT NOT NULL,
	email_key TEXT NOT NULL,
	status VARCHAR(40) NOT NULL,
	created_at DATETIME NOT NULL,
	changed_at DATETIME NOT NULL,
	CONSTRAINT uq_address_email_key UNIQUE (email_key)
);

CREATE TABLE consent (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
	address_id INTEGER NOT NULL,
	at DATETIME NOT NULL,
	event VARCHAR(40) NOT NULL,
	origin VARCHAR(40) NOT NULL,
	detail TEXT NOT NULL,
	evidence TEXT,
	given_at DATETIME,
	CONSTRAINT fk_consent_address_id FOREIGN KEY(address_id) REFERENCES address (id)
);

CREATE INDEX ix_consent_address_id ON consent (address_id);

CREATE TABLE profile (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
	content_hash VARCHAR(64) NOT NULL,
	version INTEGER NOT NULL,
	name TEXT NOT NULL,
	weekly BOOLEAN NOT NULL,
	language VARCHAR(40) NOT NULL,
	has_reading_lists BOOLEAN NOT NULL,
	has_presentation BOOLEAN DEFAULT 0 NOT NULL,
	deliver_to VARCHAR(60),
	compiled BLOB,
	text TEXT NOT NULL,
	CONSTRAINT uq_profile_content_hash UNIQUE (content_hash)
);

CREATE INDEX ix_profile_deliver_to ON profile (deliver_to) WHERE deliver_to IS NOT NULL;

CREATE INDEX ix_profile_has_reading_lists ON profile (has_reading_lists);

CREATE INDEX ix_profile_version ON profile (version);

CREATE TABLE subscription (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
	address_id INTEGER NOT NULL,
	name TEXT NOT NULL,
	origin VARCHAR(40) NOT NULL,
	profile_id INTEGER,
	profile_file TEXT,
	list_name TEXT,
	paused BOOLEAN NOT NULL,
	read_through INTEGER NOT NULL,
	next_due DATETIME,
	waiting_until DATETIME,
	used_at DATETIME,
	created_at DATETIME NOT NULL,
	ended_at DATETIME,
	ended_by VARCHAR(40),
	CONSTRAINT fk_subscription_address_id FOREIGN KEY(address_id) REFERENCES address (id),
	CONSTRAINT fk_subscription_profile_id FOREIGN KEY(profile_id) REFERENCES profile (id)
);

CREATE INDEX ix_subscription_address_id ON subscription (address_id);

CREATE INDEX ix_subscription_ended_at_next_due ON subscription (ended_at, next_due);

CREATE INDEX ix_subscription_ended_by ON subscription (ended_by) WHERE ended_by IS NOT NULL;

CREATE INDEX ix_subscription_list_name ON subscription (list_name) WHERE list_name IS NOT NULL;

CREATE INDEX ix_subscription_origin_name ON subscription (origin, name);

CREATE INDEX ix_subscription_profile_id ON subscription (profile_id);

CREATE UNIQUE INDEX uq_subscription_live ON subscription (address_id, origin, name) WHERE ended_at IS NULL;

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
	progress VARCHAR(80),
	CONSTRAINT uq_edition_subscription_id_local_date UNIQUE (subscription_id, local_date),
	CONSTRAINT fk_edition_subscription_id FOREIGN KEY(subscription_id) REFERENCES subscription (id)
);

CREATE INDEX ix_edition_not_accepted ON edition (settled_at) WHERE state IN ('deferred', 'expired', 'in_doubt', 'refused');

CREATE INDEX ix_edition_state_next_attempt_at_id ON edition (state, next_attempt_at, id);

CREATE TABLE shown_papers (
	block INTEGER NOT NULL,
	subscription_id INTEGER NOT NULL,
	edition_id INTEGER NOT NULL,
	papers BLOB NOT NULL,
	CONSTRAINT pk_shown_papers PRIMARY KEY (block, subscription_id, edition_id),
	CONSTRAINT fk_shown_papers_edition_id FOREIGN KEY(edition_id) REFERENCES edition (id)
)
 WITHOUT ROWID;

CREATE INDEX ix_shown_papers_edition_id ON shown_papers (edition_id);

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

CREATE INDEX ix_bounce_address_id ON bounce (address_id);

CREATE INDEX ix_bounce_at ON bounce (at);

CREATE INDEX ix_bounce_edition_id ON bounce (edition_id);
