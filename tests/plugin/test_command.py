"""The command `faultzone`, where the user's surroundings are hostile."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from faultzone.cli import main as cli


@pytest.mark.slow
def test_conform_is_not_touched_by_the_users_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "conftest.py").write_text("raise SystemExit(3)\n")
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --no-such-option\n")
    monkeypatch.setenv("PYTEST_ADDOPTS", "--no-such-option")
    command = [sys.executable, "-m", "faultzone.cli.main", "conform", "--clause", "deployment-set/zone-limit", "-q"]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.mark.parametrize(
    ("option", "module", "extra"),
    [("-n2", "xdist", "xdist"), ("--dist=load", "xdist", "xdist"), ("--alluredir=x", "allure_pytest", "allure")],
)
def test_an_option_of_what_is_not_installed_says_what_to_install(
    option: str, module: str, extra: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    assert cli.main(["conform", option]) == 2
    assert f"{option} needs an extra: pip install 'pytest-faultzone[{extra}]'" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize("command", ["wrong", "actions", "up"])
def test_output_that_nobody_reads_any_more_is_no_trouble(command: str) -> None:
    started = [sys.executable, "-m", "faultzone.cli.main", command]
    with subprocess.Popen(started, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        errors = process.stderr.read()
    # `up` tells people the settings of clients there.
    assert errors.partition("console http://")[0] == ""
    assert "Error" not in errors
    assert process.returncode == 141


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["prepend", "append", "importlib"])
def test_the_suite_runs_by_its_name_under_strict_settings(pytester: pytest.Pytester, mode: str) -> None:
    pytester.makeini(f"""
        [pytest]
        addopts = --strict-markers --strict-config -W error -p no:cacheprovider --import-mode={mode}
    """)
    pytester.makeconftest("def pytest_collection_modifyitems(items): items.reverse()")
    result = pytester.runpytest_subprocess(
        "--pyargs", "faultzone_specs", "--faultzone-clause=deployment-set/zone-limit", "-q"
    )
    assert result.ret == pytest.ExitCode.OK, result.stdout.str()
    result.stdout.re_match_lines([r"deployment-set +[1-9][0-9]* +0 +0 +0 "])


@pytest.mark.parametrize("port", ["65536", "99999", "-1", "http"])
def test_a_port_that_cannot_be_is_refused(port: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        cli.main(["up", f"--port={port}"])
    assert left.value.code == 2
    assert "from 0 to 65535" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("option", "form"),
    [
        ("--key=testid", "ID:SECRET without an empty part, such as testid:testsecret"),
        ("--key=:s", "ID:SECRET without an empty part, such as testid:testsecret"),
        ("--sts=a:b", "ID:SECRET:TOKEN without an empty part, such as testid:testsecret:token"),
    ],
)
def test_a_key_that_is_none_is_refused(option: str, form: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["up", option]) == 2
    assert f"{option[:5]}: expected {form}\n" in capsys.readouterr().err


def test_on_an_endpoint_the_tests_that_use_up_a_quota_come_last(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.clause("assistant/command-quota")
        def test_quota(): pass

        @pytest.mark.clause("deployment-set/strategy")
        def test_other(): pass
        """
    )
    result = pytester.runpytest("--collect-only", "-q", "--faultzone-backend=http://127.0.0.1:1")
    result.stdout.fnmatch_lines(["*::test_other", "*::test_quota"])
    result = pytester.runpytest("--collect-only", "-q")
    result.stdout.fnmatch_lines(["*::test_quota", "*::test_other"])


@pytest.mark.parametrize(
    ("argument", "says"),
    [
        ("--faultzone-backend=wrong:nope", "unknown wrong region 'nope': `faultzone wrong` lists them"),
        ("--faultzone-backend=wrong:eight-in-zone", "did you mean 'eight-in-a-zone'"),
        ("--faultzone-backend=moon", "expected 'memory'"),
        ("--faultzone-backend=ftp://user:password@moon", "unknown backend 'ftp://[*][*][*]@moon': expected 'memory'"),
        ("--faultzone-backend=http://127.0.0.1:1", "does not answer"),
        ("--faultzone-clause=nope/x", "unknown clause 'nope/x'"),
        ("--faultzone-checkers=nope", "unknown checker 'nope'"),
        ("--faultzone-keep=all", "invalid choice: 'all' (choose from *none*"),
        ("--faultzone-docker-hosts=0", "'0': expected a whole number, 1 or more"),
        ("--faultzone-docker-hosts=4_0", "'4_0': expected a whole number"),
        ("--faultzone-edition=1999", "unknown edition '1999': expected one of '2019-02'"),
        ("--faultzone-journal=/dev/null", "expected a writable directory"),
        ("--faultzone-journal=a\0b", "expected a writable directory"),
    ],
)
def test_an_option_that_no_test_could_run_with_is_one_usage_error(
    pytester: pytest.Pytester, argument: str, says: str
) -> None:
    pytester.makepyfile("def test_it(region): pass")
    result = pytester.runpytest(argument)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"*{says}*"])


def test_an_option_is_no_short_form_of_another(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["up", "--host", "0.0.0.0"])
    assert "unrecognized arguments: --host" in capsys.readouterr().err


@pytest.mark.slow
def test_the_suite_sees_no_module_of_where_the_user_stands(tmp_path: Path) -> None:
    (tmp_path / "token.py").write_text("raise SystemExit('the wrong token')")
    command = [sys.executable, "-P", "-m", "faultzone", "conform", "-q", "--clause=recovery/same-zone"]
    run = subprocess.run([*command, "--edition=2020-12"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.slow
def test_the_suite_takes_the_options_of_an_endpoint_by_their_short_names(capfd: pytest.CaptureFixture[str]) -> None:
    asked = ["conform", "-q", "--backend=http://127.0.0.1:9", "--keys=ID:SECRET", "--token=t", "--clause=recovery/*"]
    assert cli.main(asked) != 0
    assert "unrecognized" not in capfd.readouterr().err
