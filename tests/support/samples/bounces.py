"""Answers of many kinds, written for these tests after the documented formats.

RFC 3464, RFC 5965, RFC 3834, RFC 8058, and what the manuals of mail servers show of the texts
that they send without a report. `{path}`, `{id}` and `{link}` are the letter's that came back.
"""

import json
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


def ses(
    name: str,
    kind: str,
    event: dict[str, object],
    *,
    status: str = "",
    envelope: bool = True,
    folded: bool = False,
    type_field: str = "notificationType",
) -> Sample:
    """A notification of Amazon SES as Amazon SNS mails it; `event` holds the object of its type."""
    (object_name,) = event
    mail = {
        "timestamp": "2026-05-11T06:00:00.000Z",
        "source": "{path}",
        "messageId": "0100000000000001-00000000-0000-0000-0000-000000000001-000000",
        "destination": [READER],
        "headers": [
            {"name": "From", "value": "Paper Digest <digest@example.org>"},
            {"name": "Message-ID", "value": "{id}"},
            {"name": "List-Unsubscribe", "value": "<{link}>"},
        ],
    }
    type_name = object_name[0].upper() + object_name[1:]
    text = json.dumps({type_field: type_name, "mail": mail, **event})
    if envelope:
        text = json.dumps({"Type": "Notification", "MessageId": "1", "Message": text})
    if folded:  # as a relay splits long lines
        text = "!\n ".join(text[start : start + 900] for start in range(0, len(text), 900))
    footer = "--\nIf you wish to stop receiving notifications from this topic, visit https://sns.example/u"
    return Sample(
        name=f"ses {name}",
        kind=kind,
        status=status,
        text="Return-Path: <0100@amazonses.example>\nFrom: AWS Notifications <no-reply@sns.example>\n"
        "To: {path}\nSubject: AWS Notification Message\nx-amz-sns-message-id: 1\n"
        f"Content-Type: text/plain; charset=UTF-8\n\n{text}\n\n{footer}\n",
    )


def ses_bounce(
    bounce_type: str, subtype: str, status: str = "", said: str = ""
) -> dict[str, object]:
    recipient = {"emailAddress": READER, "action": "failed"}
    recipient |= {"status": status} if status else {}
    recipient |= {"diagnosticCode": f"smtp; {said}"} if said else {}
    return {
        "bounce": {
            "bounceType": bounce_type,
            "bounceSubType": subtype,
            "bouncedRecipients": [recipient],
            "timestamp": "2026-05-11T06:00:05.000Z",
            "reportingMTA": "dsn; a1-1.smtp-out.example",
        }
    }


def ses_complaint(feedback_type: str | None) -> dict[str, object]:
    return {
        "complaint": {
            "complainedRecipients": [{"emailAddress": READER}],
            "complaintFeedbackType": feedback_type,
        }
    }


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
    dsn("no status", "hard", "", "550 5.1.1 User unknown", means="5.1.1"),
    dsn("a status of success without an action", "delivered", "2.1.5", "250 2.1.5 Ok", action=""),
    dsn("relayed", "delivered", "2.1.9", action="relayed"),
    notice("Exim", "hard", "5.1.1", "This message was created automatically by mail delivery software.\n\nA message that you sent could not be delivered to one or more of its\nrecipients. This is a permanent error. The following address(es) failed:\n\n  ada@reader.example\n    SMTP error from remote mail server after RCPT TO:<ada@reader.example>:\n    host mx.reader.example [192.0.2.1]: 550 5.1.1 No such user\n" + COPY),
    notice("Exim, header names it", "soft", "5.2.2", "A message that you sent could not be delivered. This is a permanent error.\n\n  save to /var/mail/ada\n    mailbox is full: retry timeout exceeded\n" + COPY, headers="Return-Path: <>\nX-Failed-Recipients: ada@reader.example\n"),
    notice("Exim, warning", "soft", "4.4.7", "A message that you sent has not yet been delivered to one or more of its recipients after more than 24 hours.\n\n  ada@reader.example\n    Delay reason: Connection timed out\n\nDelivery attempts will continue for some time.", subject="Warning: message 1abc delayed 24 hours"),
    notice("qmail", "hard", "5.1.1", "Hi. This is the qmail-send program at mx.relay.example.\nI'm afraid I wasn't able to deliver your message to the following addresses.\nThis is a permanent error; I've given up. Sorry it didn't work out.\n\n<ada@reader.example>:\nSorry, no mailbox here by that name. (#5.1.1)\n" + QMAIL_COPY, subject="failure notice"),
    notice("qmail, no status", "hard", "5.1.1", "Hi. This is the qmail-send program at mx.relay.example.\nI'm afraid I wasn't able to deliver your message.\n\n<ada@reader.example>:\n192.0.2.1 does not like recipient.\nRemote host said: 550 unknown user\nGiving up on 192.0.2.1.\n" + QMAIL_COPY, subject="failure notice"),
    notice("qmail, full", "soft", "5.2.2", "I'm afraid I wasn't able to deliver your message.\n\n<ada@reader.example>:\nuser is over quota\n" + QMAIL_COPY, subject="failure notice"),
    notice("qmail, temporary code without a status", "soft", "4.1.1", "I wasn't able to deliver your message.\n\n<ada@reader.example>:\nRemote host said: 450 unknown user, come back soon\n" + QMAIL_COPY, subject="failure notice"),
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
    # Gateways and servers whose sender and subject look like those of any other message.
    notice("KDDI", "soft", "5.2.2", "Your mail sent on: Mon, 11 May 2026 15:00:00 +0900\n     Could not be delivered to: <ada@reader.example>\n     As their mailbox is full.\n", sender="no-reply@carrier.example", subject="Mail", headers=""),
    notice("KDDI, no such domain", "hard", "5.1.1", "Your mail attempted to be delivered on: Mon, 11 May 2026 15:00:00 +0900\n     Could not be delivered to: <ada@reader.example>\n     As the remote domain doesnt exist.\n", sender="no-reply@carrier.example", subject="Mail", headers=""),
    notice("EZweb", "hard", "5.1.1", "The user(s) account is disabled.\n\n<ada@reader.example>: 550 user unknown (in reply to RCPT TO command)\n\n--------------------------------------------------\n" + RETURNED, sender="Postmaster@carrier.example", subject="Mail System Error - Returned Mail", headers=""),
    notice("James", "hard", "5.1.1", "Hi. This is the James mail server at mx.relay.example.\nI'm afraid I wasn't able to deliver your message to the following addresses.\nThis is a permanent error; I've given up.\n\nFailed recipient(s):\nada@reader.example\n\nError message:\n550 5.1.1 No such user\n", sender="James <server@mx.relay.example>", subject="Re: 3 papers, 11 May", headers=""),
    notice("James, details", "hard", "5.1.1", "Error message below:\n550 - Requested action not taken: no such user here\n\nMessage details:\n  Subject: 3 papers, 11 May\n  Sent date: Mon May 11 06:00:00 GMT 2026\n  MAIL FROM: {path}\n  RCPT TO: ada@reader.example\n  From: Paper Digest <digest@example.org>\n  Size (in bytes): 1024\n", sender="server@mx.relay.example", subject="[BOUNCE]", headers=""),
    notice("Verizon, text messages", "hard", "5.1.1", "Error message below:\n550 - Requested action not taken: no such user here\n\nMessage details:\n  Subject: 3 papers, 11 May\n  MAIL FROM: {path}\n  RCPT TO: ada@reader.example\n", sender="post_master@carrier.example", subject="Undeliverable Message", headers=""),
    notice("Verizon, picture messages", "hard", "5.1.1", "Message could not be delivered to mobile.\nError: No valid recipients for this MM\n\n\nOriginal Message:\nFrom: Paper Digest <digest@example.org>\nTo: ada@reader.example\nSubject: 3 papers, 11 May\nDate:  Mon, 11 May 2026 06:00:00 +0000\n", sender="MMSC NDR Administrator <sysadmin@m01.carrier.example>", subject="Mail", headers=""),
    notice("Domino", "hard", "5.1.1", "Your message\n\n  Subject: 3 papers, 11 May\n\nwas not delivered to:\n\n  ada@reader.example\n\nbecause:\n\n  User ada (ada@reader.example) not listed in Domino Directory\n", sender="ada.server@mx.relay.example", subject="DELIVERY FAILURE: User not listed", headers=""),
    notice("MailMarshal", "hard", "5.1.1", "Your message:\n   From:    {path}\n   Subject: 3 papers, 11 May\n\nCould not be delivered because of\n\n550 5.1.1 User unknown\n\nThe following recipients were affected:\n    ada@reader.example\n", sender="gateway@mx.relay.example", subject="Mail", headers=""),
    notice("IMail", "soft", "4.4.7", "Delivery failed 20 attempts: ada@reader.example\n\n" + RETURNED, sender="server@mx.relay.example", subject="Mail", headers=""),
    notice("OpenSMTPD", "hard", "5.1.1", "    Hi!\n\n    This is the MAILER-DAEMON, please DO NOT REPLY to this email.\n\n    An error has occurred while attempting to deliver a message for\n    the following list of recipients:\n\nada@reader.example: 550 5.1.1 No such user\n", sender="server@mx.relay.example", subject="Mail", headers=""),
    notice("DragonFly", "hard", "5.1.1", "This is the DragonFly Mail Agent v0.13 at mx.relay.example.\n\nThere was an error delivering your mail to <ada@reader.example>.\n\nmx.reader.example [192.0.2.1] did not like our RCPT TO:\n550 5.1.1 User unknown\n", sender="server@mx.relay.example", subject="Mail", headers=""),
    notice("Smail", "soft", "5.2.2", "|------------------------- Failed addresses follow: ---------------------|\n <ada@reader.example>\n   552 5.2.2 <ada@reader.example> Quota exceeded\n\n|------------------------- Message header follows: ----------------------|\n" + RETURNED, sender="server@mx.relay.example", subject="mail failed", headers=""),
    notice("InterScan", "hard", "5.1.1", "...\n\nSent <<< RCPT TO:<ada@reader.example>\nReceived >>> 550 5.1.1 <ada@reader.example>... user unknown\n\n...\n", sender="server@mx.relay.example", subject="Mail", headers=""),
    notice("an address that looks like words", "hard", "5.1.1", "This is the mail system at host mx.relay.example.\n\n<mailboxfull@spam.example>: 550 User unknown\n", address="mailboxfull@spam.example"),
    ses("unknown user", "hard", ses_bounce("Permanent", "General", "5.1.1", "550 5.1.1 user unknown"), status="5.1.1"),
    ses("raw delivery", "hard", ses_bounce("Permanent", "General", "5.1.1", "550 5.1.1 user unknown"), status="5.1.1", envelope=False),
    ses("folded lines", "hard", ses_bounce("Permanent", "General", "5.1.1", "550 5.1.1 " + "user unknown " * 200), status="5.1.1", folded=True),
    ses("of a configuration set", "hard", ses_bounce("Permanent", "General", "5.1.1", "550 5.1.1 user unknown"), status="5.1.1", type_field="eventType"),
    ses("on the suppression list", "hard", ses_bounce("Permanent", "Suppressed"), status="5.1.1"),
    ses("permanent, by policy", "blocked", ses_bounce("Permanent", "General", "5.1.1", "550 5.7.1 listed by spamhaus"), status="5.1.1"),
    ses("transient with a permanent status", "soft", ses_bounce("Transient", "General", "5.1.1", "550 5.1.1 user unknown"), status="5.1.1"),
    ses("full", "soft", ses_bounce("Transient", "MailboxFull"), status="5.2.2"),
    ses("refused content", "blocked", ses_bounce("Transient", "ContentRejected"), status="5.7.1"),
    ses("delay", "soft", {"deliveryDelay": {"delayType": "MailboxFull", "delayedRecipients": [{"emailAddress": READER, "status": "4.2.2", "diagnosticCode": "smtp; 452 4.2.2 full"}]}}, status="4.2.2"),
    ses("complaint", "complaint", ses_complaint("abuse")),
    ses("complaint without a type", "complaint", ses_complaint(None)),
    ses("not spam", "other", ses_complaint("not-spam")),
    ses("delivery", "delivered", {"delivery": {"recipients": [READER], "smtpResponse": "250 2.6.0 Message received"}}),
    ses("open", "other", {"open": {"ipAddress": "192.0.2.1"}}),
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
    person("a person about a rejected paper", "other", "Subject: Your paper was rejected", "Paper 550 was not sent to the reviewers. The recipient of questions: chair@reader.example"),
    person("a shop", "other", "Subject: Delivery problem with your parcel", "We could not deliver the parcel to your address, the recipient was not found. Contact help@reader.example, parcel 550 1."),
    person("a person who replies to a bounce", "other", "Subject: Re: Undelivered Mail Returned to Sender", "What does this mean?\n\n> This is the mail system at host mx.relay.example.\n>\n> <bob@reader.example>: host mx said: 550 5.1.1 User unknown (in reply to\n> RCPT TO command)"),
    person("a person who forwards a bounce", "other", "Subject: Fwd: Undelivered Mail Returned to Sender", "What does this mean?\n\nBegin forwarded message:\n\nThis is the mail system at host mx.relay.example.\n\n<bob@reader.example>: 550 5.1.1 User unknown"),
    person("a newsletter that quotes a bounce", "other", "Subject: Weekly: what delivery failures say\nList-Unsubscribe: <https://news.example/u>", "This is the mail system at host mx.relay.example.\n\nYour message could not be delivered.\n\n<bob@reader.example>: 550 5.1.1 User unknown"),
    person("a newsletter that quotes a bounce, without list headers", "other", "Subject: Weekly", "What does a bounce say? " * 30 + "\n\nThis is the mail system at host mx.relay.example.\n\n<bob@reader.example>: 550 5.1.1 User unknown"),
    person("news of a site", "other", "Subject: News", "The following users have been added: bob@reader.example. The page 550 was not found."),
    person("vacation without any mark", "other", "Subject: Re: 3 papers", "I cannot read mail until Monday. In urgent cases, send it to bob@reader.example."),
    person("an address that changed", "other", "Subject: New address", "I no longer work here, and this address is not in use. Please send mail to bob@reader.example."),
    person("a request to confirm", "other", "Subject: Please confirm", "Your message to ada@reader.example was not delivered yet. To deliver it: https://reader.example/confirm"),
    person("JSON of another program", "other", "Subject: Report", '{"notificationType": "AmazonSnsSubscriptionSucceeded", "message": "You have subscribed"}'),
    person("a wish without a token", "other", "Subject: unsubscribe", "please"),
]  # fmt: skip
