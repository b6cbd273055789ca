"""What must not be written down, by rule and at every door."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from faultzone import ApiError, Region, UsageError, make_region
from faultzone.journal.journal import lines
from faultzone.journal.redaction import is_secret, quoted, recorded, text

SECRET = "hunter2-4711"


@pytest.mark.parametrize(
    "name",
    [
        *("Password", "password", "PASSWORD", "Passwrod", "Pasword", "passord", "passwd", "Passwd", "pwd", "db_pwd"),
        *("RootPassword", "db-passwd", "PassWord", "pass_word", "AccessKeySecret", "access_key_secret", "AuthToken"),
        *("SecurityToken", "security-token", "secret", "SecretKey", "client_secret", "token", "private_key"),
        *("PrivateKey", "PrivateKeyBody", "ApiKey", "api-key", "UserData", "user_data", "Content", "content"),
        *("Template.1.UserData", "Password.1", "Parameters.name", "passphrase", "Credentials", "Signature"),
    ],
)  # fmt: skip
def test_names_of_secrets(name: str) -> None:
    assert is_secret(name)
    assert recorded({name: SECRET}) == {name: "***"}
    assert recorded({name: 4711}) == {name: "***"}
    assert recorded({"a": [{"b": {name: SECRET}}]}) == {"a": [{"b": {name: "***"}}]} or name.startswith("Parameters")
    assert recorded({"Json": json.dumps({"a": [{name: SECRET}]})})["Json"].count(SECRET) == 0
    assert SECRET not in text(f"{name.rpartition('.')[2]}={SECRET} is wrong") or name in (
        "Password.1",
        "Parameters.name",
    )


@pytest.mark.parametrize("name", ["Credentials.1.Value", "Login.Password.Text"])
def test_what_is_in_a_structure_of_secrets_is_one(name: str) -> None:
    assert recorded({name: SECRET}) == {name: "***"}


@pytest.mark.parametrize(
    "name",
    [
        *("InstanceId", "InstanceName", "HostName", "AccessKeyId", "KeyPairName", "ClientToken", "NextToken", "Passed"),
        *("PasswordInherit", "ContentType", "ContentEncoding", "CommandContent", "Address", "Passport", "Period"),
        *("Tag.1.Key", "Tag.1.Value", "SecurityGroupId", "SecureBoot", "", ".", "1", "é", "ParametersNumber"),
    ],
)  # fmt: skip
def test_names_that_a_reader_needs(name: str) -> None:
    assert not is_secret(name)
    assert recorded({name: "x"}) == {name: "x"}


def test_json_is_read_whatever_stands_before_it() -> None:
    assert recorded({"Some": ' \n {"Password": "x"}'}) == {"Some": '{"Password": "***"}'}


def test_what_is_given_for_parameters_is_hidden_and_their_names_stay() -> None:
    assert recorded({"Parameters": {"user": "u", "n": 5}}) == {"Parameters": {"user": "***", "n": "***"}}
    assert recorded({"Parameters": json.dumps({"user": SECRET})}) == {"Parameters": '{"user": "***"}'}
    assert recorded({"Parameters": f"broken {SECRET}"}) == {"Parameters": "***"}
    assert recorded({"Parameters": {}, "Password": "", "PasswordInherit": True, "Token": None}) == {
        "Parameters": {}, "Password": "", "PasswordInherit": True, "Token": None
    }  # fmt: skip


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("http://user:pw@host:80/a?b=1#c", "http://***@host:80/a?b=1#c"),
        ("https://user:p@w@host/", "https://***@host/"),
        ("see https://tok@host/ or ftp://a:b@c", "see https://***@host/ or ftp://***@c"),
        ("http://h/n?access_token=abc&id=3", "http://h/n?access_token=***&id=3"),
        ("http://h/n?id=3&key=abc", "http://h/n?id=3&key=***"),
        ("http://h/n?Signature=a%2Fb", "http://h/n?Signature=***"),
        ("http://h/n?id=3&sign=abc", "http://h/n?id=3&sign=***"),
        ("http://h/n?mail=a@b", "http://h/n?mail=a@b"),
        ("http://127.0.0.1:8080/notify", "http://127.0.0.1:8080/notify"),
    ],
)
def test_credentials_in_urls(url: str, kept: str) -> None:
    assert text(url) == kept
    assert recorded({"url": url, "Some": [url]}) == {"url": kept, "Some": [kept]}


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("Passwrod='a b' is wrong", "Passwrod='***' is wrong"),
        ('{"password": "x", "id": "i-1"}', '{"password": "***", "id": "i-1"}'),
        ("password: x; name: y", "password: ***; name: y"),
        ("--db-password=x --name=y", "--db-password=*** --name=y"),
        ("private-key=x key=y", "private-key=*** key=y"),
        ("password='never ended", "password='***'"),
        ('password="a\\"b" c', 'password="***" c'),
        ("Password.1 =  x y", "Password.1 =  *** y"),
        ("'Password': b'x', 'a': 1", "'Password': '***', 'a': 1"),
        ('{"x": "{\\"Password\\": \\"y\\"}"}', '{"x": "{\\"Password\\": \\"***\\"}"}'),
        ("Authorization: Bearer x\nHost: a", "Authorization: ***\nHost: a"),
        ('curl -H "Authorization: Basic x" a', 'curl -H "Authorization: ***" a'),
        ("b'Cookie: a=x; b=y\\r\\n'", "b'Cookie: ***\\r\\n'"),
        ("auth_token=Bearer x y", "auth_token=*** y"),
        ("code=InvalidPassword.Malformed", "code=InvalidPassword.Malformed"),
        ("no secret here", "no secret here"),
    ],
)
def test_messages_that_quote_secrets(said: str, kept: str) -> None:
    assert text(said) == kept


@pytest.mark.parametrize(
    ("script", "kept"),
    [
        ("export PASSWORD=abcd; run", "export PASSWORD=***; run"),
        ("curl https://user:abcd@host/", "curl https://***@host/"),
        ("mysql --password='ab cd'", "mysql --password='***'"),
        ("echo hello; exit 3", "echo hello; exit 3"),
    ],
)
@pytest.mark.parametrize("name", ["CommandContent", "script", "command"])
def test_scripts_are_shown_without_what_they_quote(name: str, script: str, kept: str) -> None:
    assert recorded({name: script}) == {name: kept}
    encoded = recorded({name: base64.b64encode(script.encode()).decode()})[name]
    assert base64.b64decode(encoded).decode() == kept


@pytest.mark.parametrize("url", ["user:{}@x", "http:user:{}@x/", "http:/user:{}@x/", "user:{}/a@x", "ftp://u:{}@x"])
def test_a_url_that_is_none_is_quoted_without_its_password(region: Region, url: str) -> None:
    with pytest.raises(UsageError, match="expected an HTTP URL") as refused:
        region.control("subscribe", url=url.format(SECRET))
    assert SECRET not in str(refused.value)


def test_a_set_is_quoted_in_one_order() -> None:
    names = [f"i-{number:02}" for number in range(30)]
    assert quoted(set(names), 1000) == f"{{{', '.join(map(repr, names))}}}"
    assert quoted(frozenset(names[:2])) == "frozenset({'i-00', 'i-01'})"
    assert quoted(set()) == "set()"


def _written(region: Region) -> str:
    return "".join(lines(region.journal)) + "".join(map(str, region.journal))


def _doors() -> dict[str, Any]:
    encoded = base64.b64encode(SECRET.encode()).decode()
    url = f"http://user:{SECRET}@127.0.0.1:9/x?token={SECRET}"

    def run_command(region: Region) -> None:
        (instance,) = region.run_instances(1)
        region.clock.advance("1m")
        script = base64.b64encode(b"echo {{password}} of {{ACS::InstanceId}}").decode()
        region.call(
            "RunCommand",
            InstanceId=[instance.id],
            Type="RunShellScript",
            CommandContent=script,
            ContentEncoding="Base64",
            EnableParameter=True,
            Parameters={"password": SECRET},
        )
        region.clock.advance("1m")
        (ran,) = region.journal.of("effect", effect="RunScript")
        assert ran.data["script"] == f"echo *** of {instance.id}"
        assert {"shown", "filled_in"}.isdisjoint(ran.data)
        assert "***" in str(region.journal.of("report", report="RunEnded")[-1])

    def run_script(region: Region) -> None:
        (instance,) = region.run_instances(1)
        region.clock.advance("1m")
        script = f"export PASSWORD={SECRET}; curl http://user:{SECRET}@127.0.0.1/"
        for content in (script, base64.b64encode(script.encode()).decode()):
            region.call(
                "RunCommand",
                InstanceId=[instance.id],
                Type="RunShellScript",
                CommandContent=content,
                ContentEncoding="PlainText" if content == script else "Base64",
            )
        region.clock.advance("1m")
        assert "PASSWORD=***" in str(region.journal.of("report", report="RunEnded")[-1])

    def send_file(region: Region) -> None:
        (instance,) = region.run_instances(1)
        region.clock.advance("1m")
        region.call(
            "SendFile", InstanceId=[instance.id], Name="a", TargetDir="/root", Content=encoded, ContentType="Base64"
        )
        assert region.journal.of("effect", effect="PutFile")

    return {
        "user data": lambda region: region.run_instances(1, UserData=encoded),
        "misspelt": lambda region: region.call("RunInstances", Passwrod=SECRET),
        "refused": lambda region: region.call("RunInstances", Password=SECRET),
        "nested": lambda region: region.call("RunInstances", Tag=[{"Key": {"secret": SECRET}}]),
        "flat": lambda region: region.call("CreateLaunchTemplate", **{"Tag.1.private_key": SECRET}),
        "command": run_command,
        "script": run_script,
        "file": send_file,
        "callback": lambda region: region.control("subscribe", url=url),
        "taught": lambda region: region.control("teach-guest", command=f"curl {url}", output="ok"),
        "later": lambda region: region.backend.control(
            "schedule", {"after": 1, "fault": {"fault": "ApiFailure", "action": "RunInstances", "message": url}}
        ),
        "wrong url": lambda region: region.control("subscribe", url=url.replace("http", "gopher")),
        "not base64": lambda region: region.control("teach-guest", command="a", serves=1, answer=f"password={SECRET}!"),
        "odd": lambda region: region.call("RunInstances", Password={1: SECRET}),
    }  # fmt: skip


@pytest.mark.parametrize("door", _doors())
def test_no_door_writes_a_secret_down(door: str) -> None:
    with make_region(edition="2020-12") as region:
        refused = ""
        try:
            _doors()[door](region)
        except (ApiError, UsageError) as refusal:
            refused = str(refusal)
        assert SECRET not in refused
        region.clock.advance("1s")
        assert SECRET not in _written(region)
        assert base64.b64encode(SECRET.encode()).decode() not in _written(region)
