"""What was done, in words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from custrata.admin.language import NONE, _, lazy
from custrata.service.audit import Event

ACTIONS: Mapping[str, Any] = {
    "rules.publish": lazy("Version %(subject)s of the rules came into force"),
    "draft.begin": lazy("Draft %(subject)s was begun, a change of version %(base)s"),
    "draft.save": lazy("Draft %(subject)s was saved as revision %(revision)s"),
    "draft.rename": lazy("Draft %(subject)s got another title"),
    "draft.submit": lazy("Draft %(subject)s was handed in for review (revision %(revision)s)"),
    "draft.approve": lazy("Draft %(subject)s was approved (revision %(revision)s)"),
    "draft.send_back": lazy("Draft %(subject)s was sent back (revision %(revision)s)"),
    "draft.schedule": lazy("Draft %(subject)s is to be published at %(at)s"),
    "draft.unschedule": lazy("Draft %(subject)s is not to be published by itself any more"),
    "draft.fault": lazy("Draft %(subject)s could not be published when its time had come"),
    "draft.discard": lazy("Draft %(subject)s was given up"),
    "run.cancel": lazy("Run %(subject)s was asked to stop"),
    "job.withdraw": lazy("Job %(subject)s was taken back before it began"),
    "import.land": lazy(
        "Import %(subject)s: %(rows)s rows, of them %(inserted)s new, %(changed)s changed, "
        "%(refused)s refused"
    ),
    "stage.add": lazy("Stage %(subject)s was added"),
    "stage.change": lazy("Stage %(subject)s was changed"),
    "stage.order": lazy("The stages were put in another order"),
    "stage.delete": lazy("Stage %(subject)s was deleted"),
    "step.add": lazy("Opportunity step %(subject)s was added"),
    "step.change": lazy("Opportunity step %(subject)s was changed"),
    "step.order": lazy("The opportunity steps were put in another order"),
    "step.delete": lazy("Opportunity step %(subject)s was deleted"),
    "staff.add": lazy("%(subject)s was added to the sales team"),
    "staff.change": lazy("What is known of %(subject)s in the sales team was changed"),
    "staff.remove": lazy("%(subject)s was removed from the sales team"),
    "target.set": lazy("A target of %(subject)s was set (%(month)s)"),
    "target.clear": lazy("A target of %(subject)s was cleared (%(month)s)"),
    "question.add": lazy("Question %(subject)s was added to the phase %(phase)s"),
    "question.change": lazy("Question %(subject)s was changed"),
    "question.move": lazy("Question %(subject)s got another place"),
    "question.retire": lazy("Question %(subject)s is asked no longer"),
    "question.bring_back": lazy("Question %(subject)s is asked again"),
    "question.delete": lazy("Question %(subject)s was deleted"),
    "notebook.write": lazy("The page %(subject)s of the notebook was written"),
    "feedback.change": lazy("A feedback was changed (%(number)s)"),
    "source.add": lazy("Source %(subject)s was added"),
    "source.rename": lazy("Source %(subject)s was renamed"),
    "source.activate": lazy("Source %(subject)s was switched on or off"),
    "source.cost": lazy("What source %(subject)s cost was entered for a month (%(month)s)"),
    "source.delete": lazy("Source %(subject)s was deleted"),
    "group.add": lazy("Group %(subject)s was added"),
    "group.change": lazy("Group %(subject)s was changed"),
    "group.delete": lazy("Group %(subject)s was deleted"),
    "group.put_in": lazy("Customers were put into group %(subject)s: %(customers)s"),
    "group.take_out": lazy("Customers were taken out of group %(subject)s: %(customers)s"),
    "treatment.set": lazy("The treatment of %(subject)s was written"),
    "treatment.clear": lazy("The treatment of %(subject)s was removed"),
    "closed_days.add": lazy("Closed days were entered, %(first)s to %(last)s"),
    "closed_days.remove": lazy("Closed days were removed, %(first)s to %(last)s"),
    "settings.change": lazy("The firm's settings were changed"),
    "webhook.add": lazy("The destination %(subject)s of webhooks was added"),
    "webhook.change": lazy("The destination %(subject)s of webhooks was changed"),
    "webhook.secret": lazy("The destination %(subject)s of webhooks got a new secret"),
    "webhook.remove": lazy("The destination %(subject)s of webhooks was deleted"),
    "webhook.gone": lazy(
        "The destination %(subject)s of webhooks said that it is gone, and was switched off"
    ),
    "webhook.replay": lazy("Dead messages for %(subject)s are sent again: %(messages)s"),
    "webhook.drop": lazy("Messages for %(subject)s were dropped: %(messages)s"),
    "user.add": lazy("%(subject)s may sign in from now on, as %(role)s"),
    "user.role": lazy("The role of %(subject)s was changed from %(was)s to %(role)s"),
    "user.password": lazy("The password of %(subject)s was changed"),
    "user.language": lazy("%(subject)s chose another language"),
    "user.deactivate": lazy("%(subject)s may not sign in any more"),
    "user.activate": lazy("%(subject)s may sign in again"),
    "user.sign_out": lazy("%(subject)s was signed out everywhere"),
    "token.add": lazy("Token %(subject)s was made, with the role %(role)s"),
    "token.revoke": lazy("Token %(subject)s was revoked"),
    "transaction.record": lazy("A sale was recorded"),
    "transaction.correct": lazy("A sale was corrected"),
    "transaction.delete": lazy("A sale was deleted"),
    "contact.record": lazy("A contact was recorded"),
    "contact.correct": lazy("A contact was corrected"),
    "contact.delete": lazy("A contact was deleted"),
    "consent.set": lazy("What a customer says about being classified was recorded"),
    "customer.add": lazy("Customer %(subject)s was added"),
    "customer.correct": lazy("What is known of customer %(subject)s was corrected (%(fields)s)"),
    "customer.export": lazy("All that is known of customer %(subject)s was taken out as a file"),
    "customer.erase": lazy("A customer was erased (receipt %(receipt)s)"),
    "customers.hand_over": lazy("%(customers)s customers were handed over"),
    "customers.export": lazy("%(customers)s customers were taken out as a file"),
    "visit.plan": lazy("A visit was planned"),
    "visit.change": lazy("A planned visit was changed"),
    "visit.done": lazy("A visit was held"),
    "visit.postpone": lazy("A visit was put off until %(until)s"),
    "visit.drop": lazy("A visit was dropped"),
    "filter.save": lazy("A shared filter was saved"),
    "filter.change": lazy("A shared filter was changed"),
    "filter.delete": lazy("A shared filter was deleted"),
    "access.refuse": lazy("What a role may not do was refused (%(needs)s, at %(subject)s)"),
}
"""By action; the placeholders are the event's subject and details."""

FAMILIES: Mapping[str, Any] = {
    "rules.": lazy("Versions of the rules"),
    "draft.": lazy("Drafts"),
    "run.": lazy("Runs"),
    "import.": lazy("Imports"),
    "consent.": lazy("Consent"),
    "customer.": lazy("Customers added, corrected, handed out or erased"),
    "customers.": lazy("Customers handed over or taken out as a file"),
    "transaction.": lazy("Single sales"),
    "contact.": lazy("Single contacts"),
    "visit.": lazy("Visits"),
    "group.": lazy("Groups"),
    "stage.": lazy("Stages"),
    "step.": lazy("Opportunity steps"),
    "staff.": lazy("The sales team"),
    "target.": lazy("Targets"),
    "question.": lazy("Questions"),
    "notebook.": lazy("The notebook"),
    "feedback.": lazy("Feedback"),
    "source.": lazy("Sources"),
    "treatment.": lazy("Treatments"),
    "closed_days.": lazy("Closed days"),
    "settings.": lazy("Settings"),
    "webhook.": lazy("Webhooks"),
    "user.": lazy("Users"),
    "token.": lazy("Tokens"),
    "filter.": lazy("Saved filters"),
    "job.": lazy("Jobs"),
    "access.": lazy("Refused access"),
}
"""What actions are about, by how they begin."""


def told(event: Event) -> str:
    """What was done; an action that has no words here is named as it is."""
    words = ACTIONS.get(event.action)
    if words is None:
        subject = event.subject or event.subject_kind
        return str(_("%(action)s: %(subject)s", action=event.action, subject=subject))
    values: defaultdict[str, object] = defaultdict(lambda: NONE)
    values.update(event.detail, subject=event.subject or NONE)
    return str(words) % values


def details(event: Event) -> str:
    """Names and values, as they were kept."""
    return ", ".join(f"{name}: {_plain(value)}" for name, value in event.detail.items())


def _plain(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(NONE if one is None else str(one) for one in value)
    return str(value)
