"""A NAS by pyrad: goes through every kind of request and prints what came of each as one line of JSON.

Standard input: {"server", "secret", "dictionary", "user", "password"}.
"""

import json
import socket
import sys

from pyrad import packet
from pyrad.client import Client, Timeout
from pyrad.dictionary import Dictionary

NAMES = {
    packet.AccessAccept: "Access-Accept",
    packet.AccessReject: "Access-Reject",
    packet.AccountingResponse: "Accounting-Response",
}
SILENCE_SECS = 1

orders = json.load(sys.stdin)
dictionary = Dictionary(orders["dictionary"])


def client(secret):
    made = Client(server=orders["server"], secret=secret.encode(), dict=dictionary, retries=1, timeout=5, enforce_ma=True)
    return made


def login(nas, password, **more):
    request = nas.CreateAuthPacket(code=packet.AccessRequest, User_Name=orders["user"], **more)
    request["User-Password"] = request.PwCrypt(password)
    return request


def record(nas, status, **more):
    request = nas.CreateAcctPacket(User_Name=orders["user"], **more)
    request["Acct-Status-Type"] = status
    request["Acct-Session-Id"] = "py-phiên-1"
    request["Calling-Station-Id"] = "02ab.cd0e.f123"
    return request


def answer(nas, request):
    """The name of the reply's code; pyrad has checked both authenticators by then."""
    return NAMES[nas.SendPacket(request).code]


def silent(nas, request):
    nas.timeout = SILENCE_SECS
    try:
        return answer(nas, request)
    except Timeout:
        return "silence"


def twice(nas, request, port):
    """Sends the same bytes twice from one socket and compares the replies byte by byte."""
    wire = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    wire.settimeout(5)
    replies = []
    raw = request.RequestPacket()
    for _ in range(2):
        wire.sendto(raw, (orders["server"], port))
        replies.append(wire.recv(4096))
    reply = request.CreateReply(packet=replies[0])
    genuine = request.VerifyReply(reply, replies[0])
    if not genuine:
        return "not genuine"
    return "same bytes" if replies[0] == replies[1] else "other bytes"


nas = client(orders["secret"])
steps = {}

accept = nas.SendPacket(login(nas, orders["password"]))
steps["accept"] = NAMES[accept.code]
steps["session_timeout"] = accept["Session-Timeout"][0]
steps["first_attribute"] = accept.raw_packet[20]
reject = nas.SendPacket(login(nas, "wrong"))
steps["reject"] = NAMES[reject.code]
steps["reject_first_attribute"] = reject.raw_packet[20]

steps["on"] = answer(nas, record(nas, "Accounting-On"))
steps["start"] = answer(nas, record(nas, "Start"))
steps["interim"] = answer(nas, record(nas, "Interim-Update", Acct_Input_Octets=4, Acct_Output_Octets=8))
steps["stop"] = answer(
    nas,
    record(
        nas,
        "Stop",
        Acct_Input_Octets=7,
        Acct_Input_Gigawords=5,
        Acct_Output_Octets=9,
        Acct_Terminate_Cause=4,
    ),
)
steps["duplicate_record"] = twice(nas, record(nas, "Stop", Acct_Input_Octets=7, Acct_Input_Gigawords=5, Acct_Output_Octets=9), 1813)
steps["off"] = answer(nas, record(nas, "Accounting-Off"))

steps["status_auth"] = answer(nas, nas.CreateAuthPacket(code=packet.StatusServer))
steps["status_acct"] = answer(nas, nas.CreateAcctPacket(code=packet.StatusServer))
steps["duplicate"] = twice(nas, login(nas, orders["password"]), 1812)

other = client("another secret")
steps["wrong_secret"] = silent(other, login(other, orders["password"]))
steps["wrong_secret_record"] = silent(other, record(other, "Start"))
steps["no_message_authenticator"] = silent(nas, login(nas, orders["password"], message_authenticator=False))

print(json.dumps(steps))
