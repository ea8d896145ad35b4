"""Logging in, staying logged in, and what an account may reach, on the served labeler."""

import statistics
import time
from collections.abc import Callable

import pytest

from tests.e2e.backstage import Backstage
from tests.e2e.desk import PASSWORD
from tests.infra.browsing import Visitor

Visit = Callable[..., Visitor]
INSIDE = ["/", "/mine/", "/jobs/", "/account/", "/admin/", "/review/", "/admin/labeling/post/", "/label/any/next"]


def test_cwe_384_a_session_that_was_laid_ready_is_not_gone_on_with(visitor: Visit, backstage: Backstage) -> None:
    backstage("account", name="fixed")
    victim = visitor()
    victim.cookies["sessionid"] = "k" * 32  # put there by an attacker
    assert victim.log_in("fixed", PASSWORD).status == 302
    assert victim.cookies["sessionid"] != "k" * 32
    attacker = visitor()
    attacker.cookies["sessionid"] = "k" * 32
    assert attacker.get("/mine/").status == 302


def test_cwe_613_a_session_ends_when_somebody_logs_out(visitor: Visit) -> None:
    lena = visitor("leaving", afresh=True)
    kept = dict(lena.cookies)
    assert lena.get("/mine/").status == 200
    lena.post("/accounts/logout/", csrfmiddlewaretoken=lena.cookies["csrftoken"])
    thief = visitor()
    thief.cookies |= kept
    assert thief.get("/mine/").status == 302


@pytest.mark.parametrize("attack", ["no token", "another token", "another origin", "no cookie"])
def test_cwe_352_a_page_of_somebody_else_posts_nothing(visitor: Visit, attack: str) -> None:
    lena = visitor("cross-site")
    token = lena.cookies["csrftoken"]
    headers = {
        "Host": lena.origin.removeprefix("http://"),
        "Content-Type": "application/x-www-form-urlencoded",
        "Cookie": f"sessionid={lena.cookies['sessionid']}; csrftoken={token}",
        "Origin": lena.origin,
    }
    body = f"csrfmiddlewaretoken={token}"
    if attack == "no token":
        body = "x=1"
    elif attack == "another token":
        body = f"csrfmiddlewaretoken={'a' * 64}"
    elif attack == "another origin":
        headers["Origin"] = "https://evil.example"
    else:
        headers["Cookie"] = f"sessionid={lena.cookies['sessionid']}"
    for path in ("/accounts/logout/", "/account/plan", "/account/delete", "/jobs/open"):
        assert lena.send("POST", path, headers, body).status == 403
    assert lena.get("/mine/").status == 200  # neither logged out nor gone


def test_cwe_1004_cookies_are_out_of_reach_of_scripts_and_of_other_sites(visitor: Visit, backstage: Backstage) -> None:
    backstage("account", name="cookies")
    found = visitor().log_in("cookies", PASSWORD).headers["set-cookie"]
    session = next(one for one in found if one.startswith("sessionid="))
    assert "HttpOnly" in session
    assert all("SameSite=Lax" in one for one in found)


def test_cwe_208_a_name_that_is_not_there_takes_as_long(visitor: Visit, backstage: Backstage) -> None:
    backstage("account", name="slowly")

    def seconds(name: str) -> float:
        took = []
        for _ in range(4):
            stranger = visitor()
            began = time.perf_counter()
            assert stranger.log_in(name, "wrong password").status == 200
            took.append(time.perf_counter() - began)
        return statistics.median(took)

    known, unknown = seconds("slowly"), seconds("nobody-of-this-name")
    assert 0.4 < unknown / known < 2.5


def test_cwe_204_answers_do_not_tell_which_names_exist(visitor: Visit, backstage: Backstage) -> None:
    backstage("account", name="told")

    def shown(page: str, *given: str) -> str:
        for one in given:
            page = page.replace(one, "")
        return "".join(line for line in page.splitlines() if "csrfmiddlewaretoken" not in line)

    known = visitor().log_in("told", "wrong password")
    unknown = visitor().log_in("untold", "wrong password")
    assert (known.status, shown(known.body, "untold", "told")) == (200, shown(unknown.body, "untold", "told"))
    resets = []
    for address in ("told@example.org", "untold@example.org"):
        stranger = visitor()
        stranger.get("/accounts/password/reset/")
        token = stranger.cookies["csrftoken"]
        answer = stranger.post("/accounts/password/reset/", csrfmiddlewaretoken=token, email=address)
        resets.append((answer.status, answer.headers.get("location")))
    assert resets[0] == resets[1] == (302, ["/accounts/password/reset/sent/"])


def test_cwe_307_who_guesses_is_locked_out_even_with_the_right_password(visitor: Visit, backstage: Backstage) -> None:
    backstage("account", name="guessed")
    for _ in range(10):
        visitor().log_in("guessed", "wrong password")
    assert visitor().log_in("guessed", PASSWORD).status in (403, 429)
    assert visitor("not-guessed").get("/mine/").status == 200  # nobody else is


@pytest.mark.parametrize("path", INSIDE)
def test_cwe_306_a_stranger_sees_no_page(visitor: Visit, path: str) -> None:
    found = visitor().get(path)
    assert found.status == 302
    assert "/login/" in found.headers["location"][0]


@pytest.mark.parametrize("path", ["/api/v1/projects", "/api/v1/projects/any/posts", "/api/v1/releases"])
@pytest.mark.parametrize(
    "secret", ["", "Bearer", "Bearer x", "Bearer lm_" + "0" * 40, "Basic YWRhOm1pbGwtd2hlZWwtNw=="]
)
def test_cwe_287_no_api_without_a_key_of_ours(visitor: Visit, path: str, secret: str) -> None:
    stranger = visitor("with-a-session", "admin")  # a session is no key
    headers = {"Host": stranger.origin.removeprefix("http://"), "Cookie": f"sessionid={stranger.cookies['sessionid']}"}
    if secret:
        headers["Authorization"] = secret
    assert stranger.send("GET", path, headers, "").status in (401, 404)


def test_cwe_639_what_is_anothers_is_not_there(
    visitor: Visit, backstage: Backstage, project: Callable[..., str]
) -> None:
    slug = project("A welder in Lyon.")
    lena = visitor("owner")
    backstage("label", slug=slug, answers={"owner": [["welder", "Role"]]})
    answer = backstage("ids", slug=slug)["annotation"]
    assert lena.get(f"/mine/{answer}/").status == 200
    for other in (visitor("other"), visitor("other-admin", "admin")):
        assert other.get(f"/mine/{answer}/").status == 404
        assert other.get(f"/mine/{answer}/plain/").status == 404
    token = lena.cookies["csrftoken"]
    page = lena.get("/jobs/").body.split('name="page" value="')[1].split('"')[0]
    begun = lena.post("/jobs/begin", csrfmiddlewaretoken=token, page=page, annotator="rules", kind="txt", name="mine")
    job = begun.headers["location"][0].split("/")[2]
    assert lena.get(f"/jobs/{job}/").status == 200
    other = visitor("other")
    for rest in ("", "upload", "arrived", "download/result", "download/input", "download/log"):
        assert other.get(f"/jobs/{job}/{rest}").status == 404, rest
    for rest in ("cancel", "retry", "delete", "confirm", "archive-now"):
        sent = other.post(f"/jobs/{job}/{rest}", csrfmiddlewaretoken=other.cookies["csrftoken"])
        assert sent.status == 404, rest
    assert lena.get(f"/jobs/{job}/").status == 200


@pytest.mark.parametrize("role", ["labeler", "reviewer"])
def test_cwe_269_no_role_reaches_above_itself(visitor: Visit, project: Callable[..., str], role: str) -> None:
    slug, lena = project("A text."), visitor(f"only-{role}", role)
    token = lena.cookies["csrftoken"]
    for path in (f"/review/{slug}/labels/operate", f"/review/{slug}/versions/restore", f"/review/{slug}/sources/save"):
        assert lena.post(path, csrfmiddlewaretoken=token).status == 403, path
    made = lena.post("/admin/accounts/user/add/", csrfmiddlewaretoken=token, username="eve", is_superuser="on")
    assert made.status in (302, 403)
    assert "/login/" in made.headers.get("location", ["/login/"])[0]


def test_cwe_521_a_password_that_anybody_guesses_is_not_taken(visitor: Visit) -> None:
    for weak in ("12345678", "password", "weakling1", "short"):
        stranger = visitor()
        stranger.get("/accounts/signup/")
        form = {"username": "weakling1", "email": "weak@example.org", "password1": weak, "password2": weak}
        answer = stranger.post("/accounts/signup/", csrfmiddlewaretoken=stranger.cookies["csrftoken"], **form)
        assert answer.status == 200, weak
        assert "password" in answer.body
