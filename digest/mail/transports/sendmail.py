"""Passes messages to a local `sendmail` program, such as that of Postfix, Exim or msmtp.

The program is started with a list of arguments, never through a shell.
"""

import subprocess
from collections.abc import Sequence
from typing import Self

from digest.core.models.delivery import Deferred, Envelope, InDoubt, Outcome, Refused, Sent
from digest.errors import DeliveryError
from digest.mail.transports.smtp_reply import MAX_REPLY_TEXT
from digest.printable import printable_line

# Exit codes of sysexits.h, by what they mean for the message.
_REFUSED = {65: "EX_DATAERR", 67: "EX_NOUSER", 68: "EX_NOHOST"}
_DEFERRED = {69: "EX_UNAVAILABLE", 71: "EX_OSERR", 74: "EX_IOERR", 75: "EX_TEMPFAIL"}


class SendmailTransport:
    """Sends messages through a program that reads one from its standard input.

    Args:
        command: the program and its own arguments; `-i -f SENDER -- RECIPIENT` are added.
        timeout: seconds that the program may take for one message.

    Raises:
        DeliveryError: on sending, if the program cannot be started or fails for all messages.
    """

    def __init__(self, command: Sequence[str], *, timeout: float) -> None:
        self._command = tuple(command)
        self._timeout = timeout

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        pass

    def send(
        self, *, sender: str, recipient: str, message: bytes, following: Envelope | None = None
    ) -> Outcome:
        """Runs the program once, and derives the outcome from its exit code.

        Args:
            sender: the return path of the envelope.
            recipient: the recipient of the envelope.
            message: the whole message.
            following: ignored; only SMTP uses it.
        """
        del following
        arguments = [*self._command, "-i", "-f", sender, "--", recipient]
        program = self._command[0]
        try:
            process = subprocess.run(  # noqa: S603 - the operator names the program
                arguments,
                input=message.replace(b"\r\n", b"\n"),  # sendmail expects LF, as in local files
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=self._timeout,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return InDoubt(reason=f"{program} did not end within {self._timeout:g} seconds")
        except OSError as error:
            raise DeliveryError(
                f"{program} cannot be started ({error.strerror}); correct DIGEST_DELIVERY"
            ) from error
        output = printable_line(process.stdout.decode("utf-8", "replace"), limit=MAX_REPLY_TEXT)
        if process.returncode == 0:
            return Sent(reply=output or f"taken by {program}")
        if process.returncode < 0:
            return InDoubt(reason=f"{program} was ended by signal {-process.returncode}: {output}")
        if name := _REFUSED.get(process.returncode):
            return Refused(reason=f"{name} from {program}: {output}")
        if name := _DEFERRED.get(process.returncode):
            return Deferred(reason=f"{name} from {program}: {output}")
        raise DeliveryError(
            f"{program} ended with code {process.returncode}: {output or 'it said nothing'}; "
            "correct its set-up, or DIGEST_DELIVERY"
        )
