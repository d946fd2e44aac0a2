"""The page for one's secrets on an installed stack: what is put there is in the notebook, and the other way round."""

import re

from tests.e2e.stack import InstalledStack, Person


def form_token(person: Person) -> str:
    found = re.search(r'name="_xsrf" value="([^"]+)"', person.get("/services/secrets/new").text)
    assert found
    return found[1]


def test_what_is_saved_on_the_page_is_in_the_notebook(stack: InstalledStack) -> None:
    ada = stack.person("ada-of-the-page")
    sent = {"_xsrf": form_token(ada), "key": "api", "field": "token", "value": "typed on the page"}
    answer = ada.session.post(f"{stack.url}/services/secrets/new", data=sent, timeout=30)
    assert answer.status_code == 200, answer.text

    ada.spawn()
    try:
        assert "typed on the page" in ada.run("from buunstack import SecretStore; print(SecretStore().get('api'))")
        ada.run("from buunstack import SecretStore; SecretStore().put('mine', key='of the notebook')")
        shown = ada.get("/services/secrets/secret?key=mine&show=key").text
    finally:
        ada.stop()
    assert "of the notebook" in shown
    assert 'href="/services/secrets/"' in ada.get("/hub/home").text
