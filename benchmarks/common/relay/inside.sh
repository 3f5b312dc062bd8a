#!/bin/sh
# Runs in mount and process namespaces of its own: the package and its users are laid over
# /usr and /etc there, and are nowhere else. Arguments: relay, package root, work folder, port.
set -eu
relay=$1 package=$2 work=$3 port=$4

mkdir -p "$work/etc" "$work/mail" "$work/spool" "$work/lib" "$work/config"
for name in passwd group; do cp "/etc/$name" "$work/etc/$name"; done
id=64001
for user in postfix postdrop opensmtpd opensmtpq reader; do
  grep -q "^$user:" /etc/passwd || echo "$user:x:$id:$id::$work/mail:/bin/sh" >>"$work/etc/passwd"
  grep -q "^$user:" /etc/group || echo "$user:x:$id:" >>"$work/etc/group"
  id=$((id + 1))
done
mount -t overlay none -o "lowerdir=$package/usr:/usr" /usr
mount -t overlay none -o "lowerdir=$work/etc:$package/etc:/etc" /etc
mkdir -p /var/spool /var/lib
mount --bind "$work/spool" /var/spool
mount --bind "$work/lib" /var/lib
chmod 755 "$work" "$work/spool" "$work/lib" "$work/config"
chown reader "$work/mail"

case $relay in
postfix)
  mkdir -p /var/lib/postfix /var/spool/postfix
  chown postfix /var/lib/postfix
  cat >"$work/config/main.cf" <<END
compatibility_level = 3.6
queue_directory = /var/spool/postfix
data_directory = /var/lib/postfix
meta_directory = /etc/postfix
maillog_file = $work/log
maillog_file_prefixes = $work
myhostname = relay.example
mydestination =
inet_interfaces = loopback-only
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
alias_maps =
local_recipient_maps =
virtual_mailbox_domains = example.org
virtual_mailbox_base = $work/mail
virtual_mailbox_maps = static:Maildir/
virtual_uid_maps = static:$(id -u reader)
virtual_gid_maps = static:$(id -g reader)
relay_domains = discard.example
transport_maps = inline:{ discard.example=discard: }
smtpd_client_connection_count_limit = 0
END
  cat >"$work/config/master.cf" <<END
127.0.0.1:$port inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
END
  postfix -c "$work/config" start
  exec sleep infinity
  ;;
opensmtpd)
  mkdir -p /var/lib/opensmtpd/empty
  cat >"$work/config/smtpd.conf" <<END
listen on 127.0.0.1 port $port hostname relay.example
action "keep" maildir "$work/mail/Maildir" virtual { "@" = "reader" }
match from any for domain "example.org" action "keep"
END
  exec smtpd -d -f "$work/config/smtpd.conf" >"$work/log" 2>&1
  ;;
esac
