#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The command line and the life of a service: faults, health, tokens, signals, exit codes.

Usage: test_service.py FIXTURE [unittest arguments]
"""
import hashlib
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.request

FIXTURE = ""
OFF = {"AUTH": "off", "FIXTURE_SECRET": "hush"}


def run(*arguments, **environment):
    return subprocess.run([FIXTURE, *arguments], env=environment, capture_output=True, text=True,
                          timeout=10)


class CommandLine(unittest.TestCase):
    def test_help_names_commands_and_settings(self):
        for arguments in (["--help"], ["serve", "--help"], ["help"], ["-h"]):
            done = run(*arguments)
            self.assertEqual(done.returncode, 0)
            for text in ("fixture serve", "fixture config", "FIXTURE_SECRET (or _FILE)",
                         "LISTEN_PORT", "default 10s"):
                self.assertIn(text, done.stdout)

    def test_wrong_usage_ends_with_2(self):
        for arguments in ([], ["dance"], ["config", "--nonsense"]):
            done = run(*arguments, **OFF)
            self.assertEqual(done.returncode, 2)
            self.assertIn("fixture", done.stderr)

    def test_version_needs_no_settings(self):
        done = run("version")
        self.assertEqual((done.returncode, done.stdout.split()[0]), (0, "fixture"))
        self.assertEqual(run("--version").stdout, done.stdout)

    def test_what_a_command_does_not_know_starts_nothing(self):
        for arguments in (["serve", "--wrong"], ["version", "now"]):
            done = run(*arguments, **OFF)
            self.assertEqual(done.returncode, 2)
            self.assertIn(f"does not know {arguments[1]}", done.stderr)

    def test_all_faults_are_listed_and_nothing_starts(self):
        done = run("serve", FIXTURE_WORK="long", FIXTURE_WROK="1s", LOG_LEVEL="loud")
        self.assertEqual(done.returncode, 2)
        lines = done.stderr.splitlines()
        self.assertEqual(len(lines), 5, lines)
        for name in ("FIXTURE_SECRET", "FIXTURE_WORK", "FIXTURE_WROK", "LOG_LEVEL",
                     "AUTH_TOKENS_FILE"):
            self.assertTrue(any(line.startswith(name) for line in lines), name)

    def test_who_asks_for_json_gets_the_faults_in_json(self):
        done = run("fail", "-o", "json", FIXTURE_WORK="long")
        self.assertEqual(done.returncode, 2)
        self.assertEqual(json.loads(done.stdout), {
            "service": "fixture", "command": "fail", "faults": done.stderr.splitlines()})
        self.assertEqual(len(done.stderr.splitlines()), 2)
        done = run("fail", "-o", "json", **OFF)
        self.assertEqual((done.returncode, json.loads(done.stdout)), (1, {
            "service": "fixture", "command": "fail", "faults": ['it "hurts"']}))
        self.assertEqual(done.stderr, 'fixture fail: it "hurts"\n')

    def test_who_does_not_gets_them_as_text_alone(self):
        for environment, code in (({"FIXTURE_WORK": "long"}, 2), (OFF, 1)):
            done = run("fail", **environment)
            self.assertEqual((done.returncode, done.stdout), (code, ""))
            self.assertNotEqual(done.stderr, "")

    def test_serving_without_tokens_must_be_meant(self):
        done = run("serve", FIXTURE_SECRET="x")
        self.assertEqual(done.returncode, 2)
        self.assertIn("AUTH_TOKENS_FILE", done.stderr)
        done = run("serve", FIXTURE_SECRET="x", AUTH="off", LISTEN_ADDRESS="0.0.0.0")
        self.assertEqual(done.returncode, 2)
        self.assertIn("loopback", done.stderr)

    def test_config_shows_what_holds_and_hides_secrets(self):
        done = run("config", **OFF, FIXTURE_WORK="2s")
        self.assertEqual(done.returncode, 0)
        self.assertRegex(done.stdout, r"(?m)^FIXTURE_WORK +2s +environment$")
        self.assertRegex(done.stdout, r"(?m)^FIXTURE_SECRET +\*\*\* +environment$")
        self.assertNotIn("hush", done.stdout)
        rows = {row["name"]: row for row in
                json.loads(run("config", "-o", "json", **OFF).stdout)["settings"]}
        self.assertEqual(rows["SHUTDOWN_TIMEOUT"]["value"], "10s")
        self.assertEqual(rows["FIXTURE_SECRET"]["value"], "***")

    def test_config_of_a_faulty_environment_is_shown_with_its_faults(self):
        done = run("config", FIXTURE_WORK="long")
        self.assertEqual(done.returncode, 2)
        self.assertIn("LISTEN_PORT", done.stdout)
        self.assertIn("FIXTURE_SECRET", done.stderr)

    def test_tables_for_the_readme(self):
        self.assertIn("| `FIXTURE_WORK` | 100ms |", run("config", "--markdown").stdout)
        metrics = run("config", "--metrics").stdout
        self.assertIn("| `fixture_asked_total` | counter |", metrics)
        self.assertIn("| `process_resident_memory_bytes` | gauge |", metrics)


class Service(unittest.TestCase):
    settings = {}

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.tokens = os.path.join(self.folder.name, "tokens")
        self.write_tokens(("alpha", "agent", "a-1"), ("beta", "customer", "c-1"))
        self.start()

    def write_tokens(self, *tokens):
        with open(self.tokens, "w") as file:
            for token, role, subject in tokens:
                print(hashlib.sha256(token.encode()).hexdigest(), role, subject, file=file)

    def start(self, **settings):
        self.log = open(os.path.join(self.folder.name, "log"), "w+")
        environment = {"FIXTURE_SECRET": "hush", "AUTH_TOKENS_FILE": self.tokens, **settings}
        environment = {name: value for name, value in environment.items() if value is not None}
        self.process = subprocess.Popen([FIXTURE, "serve"], env=environment, stderr=self.log)
        self.port = self.wait_for("service_started")["port"]

    def restart(self, **settings):
        self.stop()
        self.start(**settings)

    def stop(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.log.close()

    def tearDown(self):
        self.stop()
        self.folder.cleanup()

    def lines(self):
        with open(self.log.name) as file:
            return [json.loads(line) for line in file if line.endswith("\n")]

    def wait_for(self, event, timeout=5):
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            for line in self.lines():
                if line["event"] == event:
                    return line
            time.sleep(0.02)
        self.fail(f"no {event} in {self.lines()}")

    def get(self, path, token=None, data=None):
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        question = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data, headers)
        try:
            with urllib.request.urlopen(question, timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refusal:
            with refusal:
                return refusal.code, refusal.read().decode()

    def test_health_routes_need_no_token(self):
        self.assertEqual(self.get("/healthz"), (200, '{"alive":true}\n'))
        self.assertEqual(json.loads(self.get("/readyz")[1]),
                         {"ready": True, "checks": [
                             {"name": "nose", "ok": True},
                             {"name": "foot", "ok": True, "required": False}]})
        self.assertEqual(json.loads(self.get("/version")[1])["service"], "fixture")
        status, metrics = self.get("/metrics")
        self.assertEqual(status, 200)
        for name in ("fixture_asked_total 0", "process_open_fds ",
                     'orderspine_http_answers_total{status="2xx"} 3'):
            self.assertIn(f"\n{name}", metrics)
        resident = [line for line in metrics.splitlines()
                    if line.startswith("process_resident_memory_bytes ")][0]
        self.assertGreater(int(resident.split()[1]), 1 << 20)

    def test_not_ready_says_why_and_stays_alive(self):
        self.assertEqual(self.get("/sick", data=b"x")[0], 204)
        status, report = self.get("/readyz")
        self.assertEqual(status, 503)
        self.assertEqual(json.loads(report), {
            "ready": False, "checks": [{"name": "nose", "ok": False, "detail": 'a "cold"'},
                                       {"name": "foot", "ok": True, "required": False}]})
        self.assertEqual(self.get("/healthz")[0], 200)

    def test_a_part_that_stands_still_is_named_and_leaves_the_service_ready(self):
        self.assertEqual(self.get("/lame", data=b"x")[0], 204)
        status, report = self.get("/readyz")
        self.assertEqual(status, 200)
        self.assertEqual(json.loads(report), {
            "ready": True, "checks": [
                {"name": "nose", "ok": True},
                {"name": "foot", "ok": False, "required": False, "detail": "one of two"}]})

    def test_a_token_opens_what_its_role_may(self):
        self.assertEqual(self.get("/secured", "alpha"), (200, '"agent a-1"'))
        self.assertEqual(self.get("/secured", "beta")[0], 403)
        for token in ("gamma", "alpha beta", None):
            status, problem = self.get("/secured", token)
            self.assertEqual((status, json.loads(problem)["type"]),
                             (401, "urn:problem:unauthenticated"))

    def test_sighup_reads_the_tokens_again(self):
        self.write_tokens(("gamma", "agent", "g-1"))
        self.process.send_signal(signal.SIGHUP)
        self.wait_for("tokens_reloaded")
        self.assertEqual(self.get("/secured", "gamma")[0], 200)
        self.assertEqual(self.get("/secured", "alpha")[0], 401)

    def test_what_is_read_again_is_named(self):
        keys = os.path.join(self.folder.name, "keys")
        private = subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519"], check=True, capture_output=True)
        subprocess.run(["openssl", "pkey", "-pubout", "-out", keys], input=private.stdout, check=True)
        key_file = {"AUTH_JWT_KEY_FILE": keys, "AUTH_JWT_AUDIENCE": "shop"}
        for settings, names in ((key_file, "AUTH_TOKENS_FILE and AUTH_JWT_KEY_FILE"),
                                ({**key_file, "AUTH_TOKENS_FILE": None}, "AUTH_JWT_KEY_FILE"),
                                ({}, "AUTH_TOKENS_FILE")):
            self.restart(**settings)
            self.process.send_signal(signal.SIGHUP)
            self.assertEqual(self.wait_for("tokens_reloaded")["read"], names)
        self.restart(**key_file, AUTH_TOKENS_FILE=None)
        os.remove(keys)
        self.process.send_signal(signal.SIGHUP)
        line = self.wait_for("tokens_kept")
        self.assertEqual(line["read"], "AUTH_JWT_KEY_FILE")
        self.assertNotIn("token", line["text"])

    def test_a_faulty_tokens_file_changes_nothing(self):
        with open(self.tokens, "w") as file:
            file.write("rubbish\n")
        self.process.send_signal(signal.SIGHUP)
        self.assertIn("line 1", self.wait_for("tokens_kept")["error"])
        self.assertEqual(self.get("/secured", "alpha")[0], 200)

    def test_sigterm_drains_and_ends_with_0(self):
        self.process.send_signal(signal.SIGTERM)
        self.assertEqual(self.process.wait(timeout=5), 0)
        events = [line["event"] for line in self.lines()]
        self.assertEqual(events, ["service_started", "service_draining", "service_stopped"])
        self.assertEqual(self.lines()[1]["reason"], "SIGTERM")

    def test_work_that_does_not_end_is_cut_off_at_the_deadline(self):
        self.restart(FIXTURE_WORK="1h", SHUTDOWN_TIMEOUT="300ms")
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        self.assertEqual(self.process.wait(timeout=5), 1)
        self.assertLess(time.monotonic() - began, 2)

    def test_a_second_signal_ends_it_at_once(self):
        self.restart(FIXTURE_WORK="1h")
        self.process.send_signal(signal.SIGINT)
        self.wait_for("service_draining")
        self.process.send_signal(signal.SIGTERM)
        self.assertEqual(self.process.wait(timeout=5), 1)

    def test_a_taken_port_is_named(self):
        done = run("serve", **OFF, LISTEN_PORT=str(self.port))
        self.assertEqual(done.returncode, 2)
        self.assertIn(f"port {self.port}", json.loads(done.stderr)["error"])

    def test_healthcheck_asks_the_running_service(self):
        self.assertEqual(run("healthcheck", **OFF, LISTEN_PORT=str(self.port)).returncode, 0)
        self.stop()
        self.assertEqual(run("healthcheck", **OFF, LISTEN_PORT=str(self.port)).returncode, 1)

    def test_healthcheck_can_ask_whether_it_is_ready(self):
        here = {**OFF, "LISTEN_PORT": str(self.port)}
        self.assertEqual(run("healthcheck", "--ready", **here).returncode, 0)
        self.assertEqual(self.get("/sick", data=b"x")[0], 204)
        self.assertEqual(run("healthcheck", "--ready", **here).returncode, 1)
        self.assertEqual(run("healthcheck", **here).returncode, 0)
        self.assertEqual(run("healthcheck", "--often", **here).returncode, 2)

    @unittest.skipUnless(os.path.exists("/proc/net/if_inet6"), "this machine has no IPv6")
    def test_an_ipv6_address_is_listened_on_and_asked(self):
        for address in ("::1", "::"):
            self.restart(LISTEN_ADDRESS=address)
            here = {**OFF, "AUTH": "tokens", "AUTH_TOKENS_FILE": self.tokens,
                    "LISTEN_ADDRESS": address, "LISTEN_PORT": str(self.port)}
            self.assertEqual(run("healthcheck", "--ready", **here).returncode, 0, address)
            with urllib.request.urlopen(f"http://[::1]:{self.port}/healthz", timeout=5) as answer:
                self.assertEqual(answer.status, 200, address)

    def test_a_proxy_in_the_environment_is_not_asked(self):
        proxy = {name: "http://127.0.0.1:9" for name in ("http_proxy", "HTTP_PROXY", "all_proxy")}
        self.assertEqual(
            run("healthcheck", **OFF, **proxy, LISTEN_PORT=str(self.port)).returncode, 0)

    def test_healthcheck_needs_only_the_address(self):
        asked = subprocess.run([FIXTURE, "healthcheck"], env={"LISTEN_PORT": str(self.port)},
                               capture_output=True, text=True, timeout=20, check=False)
        self.assertEqual(asked.returncode, 0, asked.stderr)

    def test_a_log_nobody_reads_stops_nothing(self):
        reader, writer = os.pipe()
        process = subprocess.Popen([FIXTURE, "serve"], stderr=writer, env={
            "FIXTURE_SECRET": "x", "AUTH_TOKENS_FILE": self.tokens})
        os.close(writer)
        self.assertIn(b"service_started", os.read(reader, 65536))
        for _ in range(400):  # each asks for two lines; the pipe holds 64 KiB
            process.send_signal(signal.SIGHUP)
            time.sleep(0.002)
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(timeout=10), 0)
        os.close(reader)

    def test_a_log_file_that_may_not_grow_stops_nothing(self):
        most = 1000

        def allow_little():
            resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))

        self.stop()
        self.log = open(os.path.join(self.folder.name, "log"), "w+")
        self.process = subprocess.Popen([FIXTURE, "serve"], stderr=self.log, env={
            "FIXTURE_SECRET": "x", "AUTH_TOKENS_FILE": self.tokens,
            "GCOV_PREFIX": self.folder.name}, preexec_fn=allow_little)  # counts that are cut short spoil all
        self.port = self.wait_for("service_started")["port"]
        for _ in range(20):  # each asks for two lines
            self.process.send_signal(signal.SIGHUP)
            self.assertEqual(self.get("/healthz")[0], 200)
        self.assertEqual(os.path.getsize(self.log.name), most)
        self.process.send_signal(signal.SIGTERM)
        self.assertEqual(self.process.wait(timeout=10), 0)

    def descriptors(self):
        folder = f"/proc/{self.process.pid}/fd"
        found = {}
        for fd in os.listdir(folder):
            try:
                found[int(fd)] = os.readlink(f"{folder}/{fd}")
            except FileNotFoundError:
                pass  # closed meanwhile
        return found

    def test_closed_standard_descriptors_are_no_sockets(self):
        def close_all():
            os.closerange(0, 3)

        self.stop()
        self.process = subprocess.Popen([FIXTURE, "serve"], env={
            "FIXTURE_SECRET": "x", "AUTH_TOKENS_FILE": self.tokens}, preexec_fn=close_all)
        end = time.monotonic() + 10
        while not any(of.startswith("socket:") for of in self.descriptors().values()):
            self.assertLess(time.monotonic(), end)
            time.sleep(0.02)
        self.assertEqual([self.descriptors().get(fd) for fd in range(3)], ["/dev/null"] * 3)

    def test_a_pipe_in_place_of_the_tokens_file_stops_nothing(self):
        os.remove(self.tokens)
        os.mkfifo(self.tokens)
        self.process.send_signal(signal.SIGHUP)
        self.assertIn("no plain file", self.wait_for("tokens_kept")["error"])
        self.assertEqual(self.get("/secured", "alpha")[0], 200)

    def test_a_key_file_that_is_a_pipe_is_refused(self):
        pipe = os.path.join(self.folder.name, "keys")
        os.mkfifo(pipe)
        done = run("serve", FIXTURE_SECRET="x", AUTH_JWT_KEY_FILE=pipe, AUTH_JWT_AUDIENCE="shop")
        self.assertEqual(done.returncode, 2)
        self.assertIn("no plain file", done.stderr)


def main():
    global FIXTURE
    FIXTURE = sys.argv.pop(1)
    result = unittest.main(exit=False, verbosity=1).result
    bad = len(result.failures), len(result.errors)
    percent = 100 * (result.testsRun - sum(bad)) // max(result.testsRun, 1)
    # The line Check writes, so that single tests are counted.
    print(f"{percent}%: Checks: {result.testsRun}, Failures: {bad[0]}, Errors: {bad[1]}")
    sys.exit(0 if result.wasSuccessful() else 1)


if __name__ == "__main__":
    main()
