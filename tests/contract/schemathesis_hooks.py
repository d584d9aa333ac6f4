# SPDX-License-Identifier: Apache-2.0
"""What schemathesis has to know of this service, and a judgement of our own.

Each request is sent with the token of a role that may. Half of the good ones are about things that
are there, so that more is tried than what an unknown id is told. Beside the tool's checks, which
trust what it meant to make, `as_described` reads the request that was really sent: it is allowed or
forbidden by the document, and has to be taken or refused accordingly.
"""
import atexit
import json
import os
import random
import re
import urllib.parse
import zlib

import jsonschema_rs
import schemathesis
from schemathesis.core import NOT_SET
from schemathesis.core.parameters import ParameterLocation
from schemathesis.generation import GenerationMode

with open(os.environ["DESCRIPTION"], encoding="utf-8") as file:
    DOCUMENT = json.load(file)
COMPONENTS = DOCUMENT["components"]
ROLES = ("customer", "agent", "payment", "fulfilment", "operator")
TOKENS = {role: os.environ[f"TOKEN_{role.upper()}"] for role in ROLES}
INTEGER = re.compile(DOCUMENT["x-integers"].replace("$", r"\Z"))
HEADERS = {p["name"]: p["schema"] for p in COMPONENTS["parameters"].values() if p["in"] == "header"}
EMAIL_BYTES = COMPONENTS["schemas"]["Email"]["x-max-bytes"]
PART, PARTS = int(os.environ["PART"]), 2  # of the keys: two processes send at once
dice = random.Random(os.environ["SEED"])
KEYS = os.environ["KEYS"]  # all that this part ever used, in earlier runs, too
keys = set(json.load(open(KEYS, encoding="utf-8"))) if os.path.exists(KEYS) else set()
orders = os.environ["ORDERS"].split()
with open(os.environ["PROBLEMS"], encoding="utf-8") as file:
    PROBLEMS = json.load(file)
NUMBERS = os.environ["NUMBERS"]  # of all rounds
numbers = json.load(open(NUMBERS, encoding="utf-8")) if os.path.exists(NUMBERS) else {"sent": 0, "taken": 0, "refused": 0}


@atexit.register
def tell():
    with open(NUMBERS, "w", encoding="utf-8") as out:
        json.dump(numbers, out)
    with open(KEYS, "w", encoding="utf-8") as out:
        json.dump(sorted(keys), out)


# ---- what is sent ----------------------------------------------------------------------------


@schemathesis.auth(refresh_interval=None)  # kept, one role's token would be sent everywhere
class ByRole:
    def get(self, case, context):
        return TOKENS[dice.choice(case.operation.definition.raw.get("x-roles", ROLES))]

    def set(self, case, token, context):
        case.headers["Authorization"] = f"Bearer {token}"


# Orders are for the first three products and the customer demo: these are deactivated, discontinued …
KNOWN = {"order_id": orders, "sku": ["sku-4", "sku-5", "sku-6"], "customer_id": ["other"]}


def make_path_known(case):
    """The request about the seeded shop and about orders that were placed before."""
    for name in set(KNOWN) & set(case.path_parameters or {}):
        if KNOWN[name]:
            case.path_parameters[name] = dice.choice(KNOWN[name])
            if dice.random() < 3 / 4:
                case.headers.pop("If-Match", None)  # most versions are another one


def make_order_possible(case):
    lines = [{"sku": f"sku-{dice.randint(1, 3)}", "quantity": min(line["quantity"], 9)} for line in case.body["lines"]]
    body = {**case.body, "customer_id": "demo", "currency": "GBP", "lines": lines}
    case.body = {name: value for name, value in body.items() if name != "order_id"}
    case.headers.pop("If-Match", None)  # a new one has no version


def with_integers(value):
    """The tool writes some integers as 10.0, which its schema cannot forbid: see x-integers."""
    if isinstance(value, dict):
        return {name: with_integers(member) for name, member in value.items()}
    if isinstance(value, list):
        return [with_integers(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def take_key(headers):
    """One key for two requests is refused, and rightly: each has one of its own, and of its process."""
    key = str(headers["Idempotency-Key"]).strip('"').replace("\\", "")
    if key in keys or zlib.crc32(key.encode("utf-8", "replace")) % PARTS != PART:
        key = headers["Idempotency-Key"] = f"key-{os.environ['SEED']}-{PART}-{len(keys)}"
    keys.add(key)


def mend_headers(headers):
    """Bad bodies come with bad headers (the tool puts numbers there), for which nobody reads the body."""
    if not validator(HEADERS["If-Match"]).is_valid(str(headers.get("If-Match", ""))):
        headers.pop("If-Match", None)
    if not validator(HEADERS["Idempotency-Key"]).is_valid(str(headers.get("Idempotency-Key", ""))):
        headers["Idempotency-Key"] = "x"
        take_key(headers)


def is_meant_good(case, place):
    component = case.meta.components.get(place)
    return component is None or component.mode.is_positive


def is_about_body(case):
    """Whether the tool is after an edge of the body, whatever headers it sends along."""
    return getattr(case.meta.phase.data, "parameter_location", None) == ParameterLocation.BODY


@schemathesis.hook
def before_call(context, case, kwargs):
    headers = case.headers
    if case.method.upper() not in ("POST", "PUT", "PATCH"):
        case.body = NOT_SET  # no content may come with a TRACE: HTTP says so, not the document
    if case.method.upper() == "POST" and "Idempotency-Key" in headers:
        take_key(headers)
    if case.meta is None or case.method.upper() != "POST":
        return
    is_good = {place: is_meant_good(case, place) for place in ParameterLocation}
    if is_good[ParameterLocation.HEADER] or not is_good[ParameterLocation.BODY] or is_about_body(case):
        mend_headers(headers)
    if is_about_body(case) and is_good[ParameterLocation.BODY]:
        case.meta.components.pop(ParameterLocation.HEADER, None)
        case.meta.generation.mode = GenerationMode.POSITIVE
    if is_good[ParameterLocation.BODY]:
        case.body = with_integers(case.body)
    if is_good[ParameterLocation.PATH] and dice.random() < 1 / 2:
        make_path_known(case)
    if all(is_good.values()) and case.path == "/v1/orders" and isinstance(case.body, dict) and dice.random() < 1 / 2:
        make_order_possible(case)


@schemathesis.hook
def filter_body(context, body):
    email = body.get("email") if isinstance(body, dict) else None
    return not isinstance(email, str) or len(email) > EMAIL_BYTES or len(email.encode("utf-8", "replace")) <= EMAIL_BYTES


# ---- what is answered ------------------------------------------------------------------------


def validator(schema):
    return jsonschema_rs.validator_for({**schema, "components": COMPONENTS})


class Route:
    def __init__(self, template, operation):
        names = re.findall(r"\{(\w+)\}", template)
        self.pattern = re.compile(re.sub(r"\\\{\w+\\\}", "([^/]+)", re.escape(template)) + r"\Z")
        self.roles = operation["x-roles"]
        parameters = [COMPONENTS["parameters"][p["$ref"].rsplit("/", 1)[1]] for p in operation["parameters"]]
        schemas = {p["name"]: validator(p["schema"]) for p in parameters}
        self.path = [schemas[name] for name in names]
        self.headers = [(p["name"], p["required"], schemas[p["name"]]) for p in parameters if p["in"] == "header"]
        self.body = validator(operation["requestBody"]["content"]["application/json"]["schema"])

    def may_exist(self, path):
        given = [urllib.parse.unquote(part) for part in self.pattern.match(path).groups()]
        return all(schema.is_valid(part) for schema, part in zip(self.path, given))

    def allows(self, path, request):
        """Whether the document allows what was sent."""
        if not self.may_exist(path):
            return False
        for name, is_required, schema in self.headers:
            value = header(request, name)
            if is_required if value is None else not schema.is_valid(value):
                return False
        if header(request, "Content-Type") != "application/json":
            return False
        body = read_json(request.body)
        return self.body.is_valid(body) and not has_long_email(body)


ROUTES = [Route(path, item["post"]) for path, item in DOCUMENT["paths"].items() if "post" in item]


def header(request, name):
    value = request.headers.get(name)
    value = value.decode("latin-1") if isinstance(value, bytes) else value
    return None if value is None else value.strip(" \t")


def has_long_email(body):
    return isinstance(body, dict) and len(str(body.get("email", "")).encode("utf-8", "replace")) > EMAIL_BYTES


def without_doubles(pairs):
    if len({name for name, _ in pairs}) != len(pairs):
        raise ValueError("a member stands twice")
    return dict(pairs)


def as_written(number):
    """10.0 is no integer, whatever its value."""
    return int(number) if INTEGER.match(number) else 0.5


def read_json(body):
    """The value; None, which is no body at all, for what is none."""
    try:
        text = body if isinstance(body, str) else (body or b"").decode("utf-8")
        return json.loads(text, object_pairs_hook=without_doubles, parse_float=as_written)
    except (ValueError, RecursionError):
        return None


def is_rule_of_the_whole(answer):
    """422 for what no schema says: a sum that is too large."""
    return [error["detail"] for error in answer.get("errors", [])] == ["is too much"]


@schemathesis.hook
def filter_failure(context, failure, case, response):
    return response.status_code != 422 or not is_rule_of_the_whole(response.json())


@schemathesis.check
def as_described(context, response, case):
    request = response.request
    numbers["sent"] += 1
    if response.headers.get("Content-Type") == "application/problem+json":
        assert response.json()["type"].removeprefix("urn:problem:") in PROBLEMS, "a problem that no page describes"
    url = urllib.parse.urlsplit(request.url)
    route = next((route for route in ROUTES if route.pattern.match(url.path)), None)
    if request.method != "POST" or route is None or url.query:
        return
    token = (header(request, "Authorization") or "").removeprefix("Bearer ")
    if token not in [TOKENS[role] for role in route.roles]:
        assert response.status_code in (401, 403), "who may not was not turned away"
        return
    is_allowed = route.allows(url.path, request)
    status = response.status_code
    if status < 300:
        numbers["taken"] += 1
        assert is_allowed, "what the document forbids was taken"
        if url.path == "/v1/orders":
            orders.append(response.json()["aggregate"]["id"])
    elif status in (404, 409, 412):
        assert is_allowed or (status == 404 and not route.may_exist(url.path)), "what the document forbids was decided on"
    else:
        numbers["refused"] += 1
        assert not is_allowed or is_rule_of_the_whole(response.json()), "what the document allows was refused"
