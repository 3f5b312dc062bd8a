"""Answers of many kinds, written for these tests after the documented formats.

RFC 3464, RFC 5965, RFC 3834, RFC 8058, and what the manuals of mail servers show of the texts
that they send without a report. `{path}`, `{id}` and `{link}` are the letter's that came back.
"""

from dataclasses import dataclass

PATH = "digest@example.org"
ID = "<2026-05-11.1.aabbccddeeff@example.org>"
READER = "ada@reader.example"

RETURNED = """\
Return-Path: <{path}>
Received: from relay.example.org by mx.reader.example; Mon, 11 May 2026 06:00:01 +0000
From: Paper Digest <digest@example.org>
To: ada@reader.example
Subject: 3 papers, 11 May
Message-ID: {id}
List-Unsubscribe: <{link}>
"""


@dataclass(frozen=True, kw_only=True)
class Sample:
    name: str
    kind: str
    status: str = ""
    address: str = READER
    text: str

    def message(
        self, *, path: str = PATH, message_id: str = ID, link: str = "mailto:x@y.org"
    ) -> bytes:
        filled = self.text.replace("{path}", path).replace("{id}", message_id)
        return filled.replace("{link}", link).encode("utf-8")


def dsn(
    name: str,
    kind: str,
    status: str,
    said: str = "",
    *,
    action: str = "failed",
    field: str = "Final-Recipient: rfc822; ada@reader.example",
    headers: str = "",
    means: str = "",
    words: str = "Your message could not be delivered.",
) -> Sample:
    diagnostic = f"Diagnostic-Code: smtp; {said}\n" if said else ""
    text = f"""\
Return-Path: <>
From: Mail Delivery System <MAILER-DAEMON@mx.relay.example>
To: {{path}}
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
{headers}Content-Type: multipart/report; report-type=delivery-status; boundary="B"

--B
Content-Type: text/plain; charset=utf-8

{words}

--B
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.relay.example

{field}
Action: {action}
Status: {status}
{diagnostic}
--B
Content-Type: text/rfc822-headers

{RETURNED}
--B--
"""
    return Sample(name=f"dsn {name}", kind=kind, status=means or status, text=text)


def notice(
    name: str,
    kind: str,
    status: str,
    body: str,
    *,
    sender: str = "Mail Delivery System <MAILER-DAEMON@mx.relay.example>",
    subject: str = "Mail delivery failed: returning message to sender",
    headers: str = "Return-Path: <>\n",
    address: str = READER,
) -> Sample:
    text = f"{headers}From: {sender}\nTo: {{path}}\nSubject: {subject}\n\n{body}\n"
    return Sample(name=f"text {name}", kind=kind, status=status, address=address, text=text)


def arf(name: str, kind: str, fields: str, *, returned: str = RETURNED) -> Sample:
    text = f"""\
From: feedback@provider.example
To: abuse@example.org
Subject: FW: 3 papers, 11 May
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="B"

--B
Content-Type: text/plain

This is an email abuse report.

--B
Content-Type: message/feedback-report

{fields}Version: 1
User-Agent: Provider/1.0

--B
Content-Type: message/rfc822

{returned}
three papers
--B--
"""
    return Sample(name=f"arf {name}", kind=kind, text=text)


def person(name: str, kind: str, headers: str, body: str = "Hello!") -> Sample:
    text = f"From: Ada <ada@reader.example>\nTo: {{path}}\n{headers}\n\n{body}\n"
    return Sample(name=name, kind=kind, address="", text=text)


COPY = (
    f"\n------ This is a copy of the message, including all the headers. ------\n\n{RETURNED}\nhi"
)
QMAIL_COPY = f"\n--- Below this line is a copy of the message.\n\n{RETURNED}\nhi"
TOKEN = "AAAAAAAAAAE.AAAAAAAAAAAAAAAAAAAAAA"

SAMPLES = [
    dsn("unknown user", "hard", "5.1.1", "550 5.1.1 <ada@reader.example>: User unknown"),
    dsn("unknown host", "hard", "5.1.2", "550 5.1.2 Host unknown"),
    dsn("bad syntax", "hard", "5.1.3", "501 5.1.3 Bad recipient address syntax"),
    dsn("moved", "hard", "5.1.6", "551 5.1.6 Mailbox has moved"),
    dsn("null MX", "hard", "5.1.10", "556 5.1.10 Recipient address has null MX"),
    dsn("disabled mailbox", "hard", "5.2.1", "550 5.2.1 The account is disabled"),
    dsn("vague status, telling words", "hard", "5.0.0", "550 No such user here", means="5.1.1"),
    dsn("vague status, telling code", "hard", "5.0.0", "550 5.1.1 go away", means="5.1.1"),
    dsn("vague 5.5.0", "hard", "5.5.0", "550 Requested action not taken: unknown user", means="5.1.1"),
    dsn("unlisted in a directory", "hard", "5.1.1", "", words="ada@reader.example not listed in directory"),
    dsn("folded fields", "hard", "5.1.1", "550 5.1.1\n    User\n    unknown"),
    dsn("lower-case fields", "hard", "5.1.1", field="final-recipient:RFC822;ada@reader.example"),
    dsn("original recipient only", "hard", "5.1.1", field="Original-Recipient: rfc822;ada@reader.example"),
    dsn("brackets and no type", "hard", "5.1.1", field="Final-Recipient: <ada@reader.example>"),
    dsn("status with a comment", "hard", "5.1.1 (bad destination mailbox)", means="5.1.1"),
    dsn("global", "hard", "5.1.1", field="Final-Recipient: utf-8; ada@reader.example"),
    dsn("nobody named, words name", "hard", "5.1.1", field="X-Note: none", words="<ada@reader.example>: User unknown"),
    dsn("sender's own address", "blocked", "5.1.8", "501 5.1.8 Sender domain does not resolve"),
    dsn("sender's mailbox", "blocked", "5.1.7", "553 5.1.7 Bad sender mailbox"),
    dsn("full", "soft", "5.2.2", "552 5.2.2 Mailbox full"),
    dsn("full, vague", "soft", "5.0.0", "552 Quota exceeded", means="5.2.2"),
    dsn("too large", "soft", "5.3.4", "552 5.3.4 Message size exceeds fixed limit"),
    dsn("loop", "soft", "5.4.6", "554 5.4.6 Too many hops"),
    dsn("no route", "soft", "5.4.4", "Host not found"),
    dsn("given up", "soft", "4.4.7", "Delivery time expired"),
    dsn("greylisted for days", "soft", "4.7.1", "450 4.7.1 Greylisted, try again"),
    dsn("delayed", "soft", "4.4.1", "Connection timed out", action="delayed"),
    dsn("delayed, of class 5", "soft", "5.1.1", "550 5.1.1 User unknown", action="delayed"),
    dsn("server out of order", "soft", "5.3.0", "554 5.3.0 Internal error"),
    dsn("blocked", "blocked", "5.7.1", "550 5.7.1 Your address is on a block list"),
    dsn("dmarc", "blocked", "5.7.26", "550 5.7.26 Unauthenticated mail is not accepted"),
    dsn("vague refusal", "blocked", "5.0.0", "554 Message rejected as spam", means="5.7.1"),
    dsn("refused as unknown", "blocked", "5.1.1", "550 5.7.1 Address blocklisted by recipient"),
    dsn("delivered", "delivered", "2.0.0", "250 2.0.0 Ok", action="delivered"),
    dsn("relayed", "delivered", "2.1.9", action="relayed"),
    notice("Exim", "hard", "5.1.1", "This message was created automatically by mail delivery software.\n\nA message that you sent could not be delivered to one or more of its\nrecipients. This is a permanent error. The following address(es) failed:\n\n  ada@reader.example\n    SMTP error from remote mail server after RCPT TO:<ada@reader.example>:\n    host mx.reader.example [192.0.2.1]: 550 5.1.1 No such user\n" + COPY),
    notice("Exim, header names it", "soft", "5.2.2", "A message that you sent could not be delivered. This is a permanent error.\n\n  save to /var/mail/ada\n    mailbox is full: retry timeout exceeded\n" + COPY, headers="Return-Path: <>\nX-Failed-Recipients: ada@reader.example\n"),
    notice("Exim, warning", "soft", "4.4.7", "A message that you sent has not yet been delivered to one or more of its recipients after more than 24 hours.\n\n  ada@reader.example\n    Delay reason: Connection timed out\n\nDelivery attempts will continue for some time.", subject="Warning: message 1abc delayed 24 hours"),
    notice("qmail", "hard", "5.1.1", "Hi. This is the qmail-send program at mx.relay.example.\nI'm afraid I wasn't able to deliver your message to the following addresses.\nThis is a permanent error; I've given up. Sorry it didn't work out.\n\n<ada@reader.example>:\nSorry, no mailbox here by that name. (#5.1.1)\n" + QMAIL_COPY, subject="failure notice"),
    notice("qmail, no status", "hard", "5.1.1", "Hi. This is the qmail-send program at mx.relay.example.\nI'm afraid I wasn't able to deliver your message.\n\n<ada@reader.example>:\n192.0.2.1 does not like recipient.\nRemote host said: 550 unknown user\nGiving up on 192.0.2.1.\n" + QMAIL_COPY, subject="failure notice"),
    notice("qmail, full", "soft", "5.2.2", "I'm afraid I wasn't able to deliver your message.\n\n<ada@reader.example>:\nuser is over quota\n" + QMAIL_COPY, subject="failure notice"),
    notice("qmail, late", "soft", "4.4.1", "I wasn't able to deliver your message.\n\n<ada@reader.example>:\nSorry, I wasn't able to establish an SMTP connection. (#4.4.1)\nI'm not going to try again; this message has been in the queue too long.\n" + QMAIL_COPY, subject="failure notice"),
    notice("Postfix, text alone", "hard", "5.1.1", "This is the mail system at host mx.relay.example.\n\nI'm sorry to have to inform you that your message could not\nbe delivered to one or more recipients.\n\n<ada@reader.example>: host mx.reader.example[192.0.2.1] said: 550 5.1.1\n    <ada@reader.example>: Recipient address rejected: User unknown (in reply to\n    RCPT TO command)\n", subject="Undelivered Mail Returned to Sender"),
    notice("Postfix, blocked", "blocked", "5.7.1", "This is the mail system at host mx.relay.example.\nYour message could not be delivered.\n\n<ada@reader.example>: host mx[192.0.2.1] said: 554 5.7.1 Service\n    unavailable; client host [192.0.2.9] blocked\n", subject="Undelivered Mail Returned to Sender"),
    notice("sendmail of old", "hard", "5.1.1", "   ----- Transcript of session follows -----\nWhile talking to mx.reader.example:\n>>> RCPT To:<ada@reader.example>\n<<< 550 <ada@reader.example>... User unknown\n550 <ada@reader.example>... User unknown\n\n   ----- Unsent message follows -----\n" + RETURNED, subject="Returned mail: User unknown"),
    notice("sendmail, host", "hard", "5.1.2", "   ----- Transcript of session follows -----\n550 5.1.2 <ada@reader.example>... Host unknown\n\n   ----- Original message follows -----\n" + RETURNED, subject="Returned mail: Host unknown"),
    notice("Exchange of old", "hard", "5.1.1", "Your message\n\n  To:      ada@reader.example\n  Subject: 3 papers, 11 May\n  Sent:    Mon, 11 May 2026 06:00:00 +0000\n\ndid not reach the following recipient(s):\n\nada@reader.example on Mon, 11 May 2026 06:00:05 +0000\n    The recipient name is not recognized\n", sender="System Administrator <postmaster@mx.relay.example>", subject="Undeliverable: 3 papers, 11 May"),
    notice("Exchange", "hard", "5.1.10", "Delivery has failed to these recipients or groups:\n\nada@reader.example\nThe email address you entered couldn't be found.\n\nDiagnostic information for administrators:\n\nada@reader.example\nRemote Server returned '550 5.1.10 RESOLVER.ADR.RecipientNotFound'\n", sender="Microsoft Outlook <postmaster@mx.relay.example>", subject="Undeliverable: 3 papers, 11 May"),
    notice("Gmail", "hard", "5.1.1", "Delivery to the following recipient failed permanently:\n\n     ada@reader.example\n\nTechnical details of permanent failure:\nThe server said: 550 5.1.1 The email account that you tried to reach does not exist.\n\n----- Original message -----\n\n" + RETURNED, sender="Mail Delivery Subsystem <mailer-daemon@mail.example>", subject="Delivery Status Notification (Failure)"),
    notice("Gmail, delay", "soft", "4.4.7", "THIS IS A WARNING MESSAGE ONLY.\n\nDelivery to the following recipient has been delayed:\n\n     ada@reader.example\n\nMessage will be retried for 2 more day(s)\n", subject="Delivery Status Notification (Delay)"),
    notice("Gmail, quota", "soft", "5.2.2", "Delivery to the following recipient failed permanently:\n\n     ada@reader.example\n\n550 5.2.2 The email account that you tried to reach is over quota.\n", subject="Delivery Status Notification (Failure)"),
    notice("Yahoo", "hard", "5.1.1", "Sorry, we were unable to deliver your message to the following address.\n\n<ada@reader.example>:\nThis user doesn't have a reader.example account (ada@reader.example) [0]\n\n--- Below this line is a copy of the message.\n\n" + RETURNED, subject="Failure Notice"),
    notice("HTML alone", "hard", "5.1.1", "<html><head><style>p{color:red}</style></head><body><p>Your message could not be delivered to <b>&lt;ada@reader.example&gt;</b>:</p><p>550 5.1.1 user&nbsp;unknown</p></body></html>", headers="Return-Path: <>\nContent-Type: text/html; charset=utf-8\n", subject="Undeliverable mail"),
    notice("German", "hard", "5.1.1", "Ihre Nachricht konnte nicht zugestellt werden.\n\n<ada@reader.example>: Empfänger unbekannt\n", subject="Unzustellbar: 3 papers", headers="Return-Path: <>\nContent-Type: text/plain; charset=utf-8\n"),
    notice("French", "hard", "5.1.1", "Votre message n'a pas pu être remis.\n\nada@reader.example\n  utilisateur inconnu\n", subject="Message non remis", headers="Return-Path: <>\nContent-Type: text/plain; charset=utf-8\n"),
    notice("Japanese, with a code", "soft", "5.2.2", "次のあて先へのメッセージはエラーのため送信できませんでした。\n<ada@reader.example>: 552 5.2.2 mailbox full\n", subject="Returned mail", headers="Return-Path: <>\nContent-Type: text/plain; charset=utf-8\n"),
    notice("Russian", "hard", "5.1.1", "Сообщение не может быть доставлено.\n\nada@reader.example: пользователь не найден\n", subject="Недоставленное сообщение", headers="Return-Path: <>\nContent-Type: text/plain; charset=utf-8\n"),
    notice("Chinese, with a code", "hard", "5.1.1", "您的邮件无法投递。\n\nada@reader.example\n550 5.1.1 用户不存在\n", subject="退信通知", headers="Return-Path: <>\nContent-Type: text/plain; charset=utf-8\n"),
    notice("refused for the sender", "blocked", "5.7.1", "Your message could not be delivered.\n\n<ada@reader.example>:\nConnected to 192.0.2.1 but sender was rejected.\nRemote host said: 550 5.7.1 not authorized\n", subject="failure notice"),
    arf("abuse", "complaint", "Feedback-Type: abuse\nOriginal-Rcpt-To: <ada@reader.example>\n"),
    arf("no recipient named", "complaint", "Feedback-Type: abuse\nSource-IP: 192.0.2.9\n"),
    arf("fraud", "complaint", "Feedback-Type: fraud\nOriginal-Rcpt-To: rfc822;ada@reader.example\n"),
    arf("opt-out", "complaint", "Feedback-Type: opt-out\nRemoval-Recipient: ada@reader.example\n"),
    arf("not spam", "other", "Feedback-Type: not-spam\nOriginal-Rcpt-To: ada@reader.example\n"),
    arf("failed authentication", "other", "Feedback-Type: auth-failure\nAuth-Failure: dmarc\n"),
    Sample(name="complaint of Outlook.com", kind="complaint", text=f'From: staff@hotmail.com\nTo: abuse@example.org\nSubject: complaint about message from 192.0.2.9\nContent-Type: multipart/mixed; boundary="B"\n\n--B\nContent-Type: message/rfc822\n\n{RETURNED}\nhi\n--B--\n'),
    person("vacation, RFC 3834", "auto-reply", "Subject: Away until May 5\nAuto-Submitted: auto-replied"),
    person("vacation of Exchange", "auto-reply", "Subject: Automatic reply: 3 papers\nX-Auto-Response-Suppress: All"),
    person("vacation by subject alone", "auto-reply", "Subject: Out of Office: 3 papers", "I am out. In urgent cases: bob@reader.example, 555 1234."),
    person("vacation, empty return path", "auto-reply", "Return-Path: <>\nSubject: Re: 3 papers\nAuto-Submitted: auto-replied (vacation)", "I will be back on Monday."),
    person("vacation, German", "auto-reply", "Subject: Abwesenheitsnotiz\nPrecedence: auto_reply"),
    person("ticket system", "auto-reply", "Subject: Ticket 550\nAuto-Submitted: auto-generated"),
    person("unsubscribe", "unsubscribe", f"Subject: unsubscribe {TOKEN}", ""),
    person("unsubscribe, in capitals and folded", "unsubscribe", f"Subject: UNSUBSCRIBE\n {TOKEN}", ""),
    person("unsubscribe, encoded", "unsubscribe", f"Subject: =?utf-8?q?unsubscribe_{TOKEN}?=", ""),
    person("unsubscribe, by a machine", "unsubscribe", f"Subject: unsubscribe {TOKEN}\nAuto-Submitted: auto-generated", ""),
    person("a person", "other", "Subject: Great digest", "The paper on page 550 does not exist, does it?"),
    person("a person about a bounce", "other", "Subject: mail delivery failed?", "Bob told me that mail could not be delivered to him."),
    person("a person who forwards", "other", 'Subject: Fwd: digest\nContent-Type: multipart/mixed; boundary="B"', f"--B\n\nsee below\n--B\nContent-Type: message/rfc822\n\n{RETURNED}\nhi\n--B--"),
    person("a wish without a token", "other", "Subject: unsubscribe", "please"),
]  # fmt: skip
