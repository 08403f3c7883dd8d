"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from custrata.store import types

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables to this revision; again, where it was cut off."""
    op.create_table(
        "audit_events",
        sa.Column("id", types.serial(), autoincrement=True, nullable=False),
        sa.Column("at", types.Instant(), nullable=False),
        sa.Column("by", types.bytewise(), nullable=False),
        sa.Column("action", types.bytewise(), nullable=False),
        sa.Column("subject_kind", types.bytewise(), nullable=False),
        sa.Column("subject", types.bytewise(), nullable=True),
        sa.Column("detail", types.json_value(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_events")),
        if_not_exists=True,
    )
    op.create_index(op.f("ix_audit_events_at"), "audit_events", ["at"], if_not_exists=True)
    op.create_index(
        op.f("ix_audit_events_subject_kind_subject"),
        "audit_events",
        ["subject_kind", "subject"],
        if_not_exists=True,
    )

    op.create_table(
        "closed_days",
        sa.Column("day", types.Day(), nullable=False),
        sa.Column("name", types.bytewise(), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_closed_days")),
        if_not_exists=True,
    )
    op.create_table(
        "counters",
        sa.Column("name", types.bytewise(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_counters")),
        if_not_exists=True,
    )
    op.create_table(
        "customers",
        sa.Column("customer_id", types.bytewise(), nullable=False),
        sa.Column("name", types.bytewise(), nullable=True),
        sa.Column("name_fold", types.bytewise(), nullable=True),
        sa.Column("phone", types.bytewise(), nullable=True),
        sa.Column("email", types.bytewise(), nullable=True),
        sa.Column("kind", types.bytewise(), nullable=True),
        sa.Column("channel", types.bytewise(), nullable=True),
        sa.Column("size", types.bytewise(), nullable=True),
        sa.Column("sector", types.bytewise(), nullable=True),
        sa.Column("region", types.bytewise(), nullable=True),
        sa.Column("area", types.bytewise(), nullable=True),
        sa.Column("source", types.bytewise(), nullable=True),
        sa.Column("stage", types.bytewise(), nullable=True),
        sa.Column("overlay", types.bytewise(), nullable=True),
        sa.Column("overlay_by", types.bytewise(), nullable=True),
        sa.Column("owner", types.bytewise(), nullable=True),
        sa.Column("team", types.bytewise(), nullable=True),
        sa.Column("marketer", types.bytewise(), nullable=True),
        sa.Column("referred_by", types.bytewise(), nullable=True),
        sa.Column("created_at", types.Instant(), nullable=True),
        sa.Column("birth_date", types.Day(), nullable=True),
        sa.Column("consent", sa.Boolean(), nullable=True),
        sa.Column("lost_reason", types.long_text(), nullable=True),
        sa.Column("lost_to", types.bytewise(), nullable=True),
        sa.Column("attributes", types.json_value(), nullable=True),
        sa.Column("fact_seq", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("customer_id", name=op.f("pk_customers")),
        if_not_exists=True,
    )
    op.create_index(op.f("ix_customers_fact_seq"), "customers", ["fact_seq"], if_not_exists=True)
    op.create_index(op.f("ix_customers_name_fold"), "customers", ["name_fold"], if_not_exists=True)
    op.create_index(op.f("ix_customers_owner"), "customers", ["owner"], if_not_exists=True)
    op.create_index(op.f("ix_customers_source"), "customers", ["source"], if_not_exists=True)
    op.create_index(op.f("ix_customers_stage"), "customers", ["stage"], if_not_exists=True)

    op.create_table(
        "erasures",
        sa.Column("id", types.serial(), autoincrement=True, nullable=False),
        sa.Column("at", types.Instant(), nullable=False),
        sa.Column("by", types.bytewise(), nullable=False),
        sa.Column("counts", types.json_value(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasures")),
        if_not_exists=True,
    )
    op.create_table(
        "groups",
        sa.Column("id", types.serial(), autoincrement=True, nullable=False),
        sa.Column("code", types.bytewise(), nullable=False),
        sa.Column("name", types.bytewise(), nullable=False),
        sa.Column("parent_id", types.serial(), nullable=True),
        sa.Column("rule", types.long_text(), nullable=True),
        sa.Column("note", types.long_text(), nullable=True),
        sa.ForeignKeyConstraint(["parent_id"], ["groups.id"], name=op.f("fk_groups_parent_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_groups")),
        sa.UniqueConstraint("code", name=op.f("uq_groups_code")),
        if_not_exists=True,
    )
    op.create_index(op.f("ix_groups_parent_id"), "groups", ["parent_id"], if_not_exists=True)

    op.create_table(
        "imports",
        sa.Column("id", types.serial(), autoincrement=True, nullable=False),
        sa.Column("at", types.Instant(), nullable=False),
        sa.Column("by", types.bytewise(), nullable=False),
        sa.Column("record", types.bytewise(), nullable=False),
        sa.Column("file", types.bytewise(), nullable=False),
        sa.Column("columns", types.json_value(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("inserted", sa.Integer(), nullable=False),
        sa.Column("changed", sa.Integer(), nullable=False),
        sa.Column("same", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_imports")),
        if_not_exists=True,
    )
    op.create_table(
        "jobs",
        sa.Column("id", types.serial(), autoincrement=True, nullable=False),
        sa.Column("kind", types.bytewise(), nullable=False),
        sa.Column("arguments", types.json_value(), nullable=False),
        sa.Column("slot", types.bytewise(), nullable=True),
        sa.Column("state", types.bytewise(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", types.Instant(), nullable=False),
        sa.Column("by", types.bytewise(), nullable=False),
        sa.Column("started_at", types.Instant(), nullable=True),
        sa.Column("finished_at", types.Instant(), nullable=True),
        sa.Column("result", types.json_value(), nullable=True),
        sa.Column("fault", types.long_text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jobs")),
        sa.UniqueConstraint("slot", name=op.f("uq_jobs_slot")),
        if_not_exists=True,
    )
    op.create_index(op.f("ix_jobs_state_due_at"), "jobs", ["state", "due_at"], if_not_exists=True)

    op.create_table(
        "ruleset_versions",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("text", types.long_text(), nullable=False),
        sa.Column("published_at", types.Instant(), nullable=False),
        sa.Column("by", types.bytewise(), nullable=False),
        sa.Column("comment", types.long_text(), nullable=True),
        sa.Column("kind", types.bytewise(), nullable=False),
        sa.Column("fires", sa.Boolean(), nullable=False),
        sa.Column("draft_id", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_ruleset_versions")),
        if_not_exists=True,
    )
    op.create_table(
        "settings",
        sa.Column("name", types.bytewise(), nullable=False),
        sa.Column("value", types.json_value(), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_settings")),
        if_not_exists=True,
    )
    op.create_table(
        "source_costs",
        sa.Column("source", types.bytewise(), nullable=False),
        sa.Column("month", types.Day(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("scale", sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint("source", "month", name=op.f("pk_source_costs")),
        if_not_exists=True,
    )
    op.create_table(
        "sources",
        sa.Column("code", types.bytewise(), nullable=False),
        sa.Column("name", types.bytewise(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_sources")),
        if_not_exists=True,
    )
    op.create_table(
        "stages",
        sa.Column("code", types.bytewise(), nullable=False),
        sa.Column("names", types.json_value(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("colour", types.bytewise(), nullable=True),
        sa.Column("automatic", sa.Boolean(), nullable=False),
        sa.Column("exit", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_stages")),
        if_not_exists=True,
    )
    op.create_table(
        "targets",
        sa.Column("owner", types.bytewise(), nullable=False),
        sa.Column("month", types.Day(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("scale", sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint("owner", "month", name=op.f("pk_targets")),
        if_not_exists=True,
    )
    op.create_table(
        "treatments",
        sa.Column("classifier", types.bytewise(), nullable=False),
        sa.Column("label", types.bytewise(), nullable=False),
        sa.Column("offer", types.long_text(), nullable=True),
        sa.Column("points", sa.Integer(), nullable=True),
        sa.Column("contact_every_days", sa.Integer(), nullable=True),
        sa.Column("note", types.long_text(), nullable=True),
        sa.Column("by", types.bytewise(), nullable=False),
        sa.Column("at", types.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("classifier", "label", name=op.f("pk_treatments")),
        if_not_exists=True,
    )
    op.create_table(
        "users",
        sa.Column("id", types.serial(), autoincrement=True, nullable=False),
        sa.Column("login", types.bytewise(), nullable=False),
        sa.Column("name", types.bytewise(), nullable=True),
        sa.Column("password_hash", types.bytewise(), nullable=True),
        sa.Column("role", types.bytewise(), nullable=False),
        sa.Column("language", types.bytewise(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("must_change", sa.Boolean(), nullable=False),
        sa.Column("nonce", types.bytewise(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("locked_until", types.Instant(), nullable=True),
        sa.Column("created_at", types.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("login", name=op.f("uq_users_login")),
        if_not_exists=True,
    )
    op.create_table(
        "calibrations",
        sa.Column("id", types.bytewise(), nullable=False),
        sa.Column("as_of", types.Day(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("content", types.long_text(), nullable=False),
        sa.Column("recorded_at", types.Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["version"], ["ruleset_versions.number"], name=op.f("fk_calibrations_version")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calibrations")),
        if_not_exists=True,
    )
    op.create_table(
        "contacts",
        sa.Column("occurred_at", types.Instant(), nullable=False),
        sa.Column("contact_id", types.bytewise(), nullable=True),
        sa.Column("channel", types.bytewise(), nullable=True),
        sa.Column("direction", types.bytewise(), nullable=True),
        sa.Column("outcome", types.bytewise(), nullable=True),
        sa.Column("owner", types.bytewise(), nullable=True),
        sa.Column("note", types.long_text(), nullable=True),
        sa.Column("id", types.serial(), autoincrement=True, nullable=False),
        sa.Column("customer_id", types.bytewise(), nullable=False),
        sa.Column(
            "key",
            types.digest(),
            nullable=False,
        ),
        sa.Column("recorded_at", types.Instant(), nullable=False),
        sa.Column("import_id", types.serial(), nullable=True),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name=op.f("fk_contacts_import_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contacts")),
        sa.UniqueConstraint("key", name=op.f("uq_contacts_key")),
        if_not_exists=True,
    )
    op.create_index(
        op.f("ix_contacts_customer_id"), "contacts", ["customer_id"], if_not_exists=True
    )

    op.create_table(
        "drafts",
        sa.Column("id", types.serial(), autoincrement=True, nullable=False),
        sa.Column("title", types.bytewise(), nullable=False),
        sa.Column("base", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("text", types.long_text(), nullable=False),
        sa.Column("state", types.bytewise(), nullable=False),
        sa.Column("created_by", types.bytewise(), nullable=False),
        sa.Column("created_at", types.Instant(), nullable=False),
        sa.Column("publish_at", types.Instant(), nullable=True),
        sa.Column("publish_by", types.bytewise(), nullable=True),
        sa.Column("comment", types.long_text(), nullable=True),
        sa.Column("fires", sa.Boolean(), nullable=False),
        sa.Column("fault", types.long_text(), nullable=True),
        sa.ForeignKeyConstraint(["base"], ["ruleset_versions.number"], name=op.f("fk_drafts_base")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drafts")),
        if_not_exists=True,
    )
    op.create_table(
        "feedback",
        sa.Column("feedback_id", types.bytewise(), nullable=True),
        sa.Column("opened_at", types.Instant(), nullable=False),
        sa.Column("kind", types.bytewise(), nullable=False),
        sa.Column("state", types.bytewise(), nullable=False),
        sa.Column("owner", types.bytewise(), nullable=True),
        sa.Column("due_at", types.Instant(), nullable=True),
        sa.Column("text", types.long_text(), nullable=True),
        sa.Column("id", types.serial(), autoincrement=True, nullable=False),
        sa.Column("customer_id", types.bytewise(), nullable=False),
        sa.Column(
            "key",
            types.digest(),
            nullable=False,
        ),
        sa.Column("recorded_at", types.Instant(), nullable=False),
        sa.Column("import_id", types.serial(), nullable=True),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name=op.f("fk_feedback_import_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feedback")),
        sa.UniqueConstraint("key", name=op.f("uq_feedback_key")),
        if_not_exists=True,
    )
    op.create_index(
        op.f("ix_feedback_customer_id"), "feedback", ["customer_id"], if_not_exists=True
    )

    op.create_table(
        "memberships",
        sa.Column("group_id", types.serial(), nullable=False),
        sa.Column("customer_id", types.bytewise(), nullable=False),
        sa.Column("since", types.Instant(), nullable=False),
        sa.Column("by", types.bytewise(), nullable=True),
        sa.ForeignKeyConstraint(["group_id"], ["groups.id"], name=op.f("fk_memberships_group_id")),
        sa.PrimaryKeyConstraint("group_id", "customer_id", name=op.f("pk_memberships")),
        if_not_exists=True,
    )
    op.create_index(
        op.f("ix_memberships_customer_id"), "memberships", ["customer_id"], if_not_exists=True
    )

    op.create_table(
        "opportunities",
        sa.Column("opportunity_id", types.bytewise(), nullable=True),
        sa.Column("step", types.bytewise(), nullable=False),
        sa.Column("changed_at", types.Instant(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=True),
        sa.Column("scale", sa.SmallInteger(), nullable=True),
        sa.Column("expected_close", types.Day(), nullable=True),
        sa.Column("intent", types.bytewise(), nullable=True),
        sa.Column("value_grade", types.bytewise(), nullable=True),
        sa.Column("owner", types.bytewise(), nullable=True),
        sa.Column("outcome", types.bytewise(), nullable=True),
        sa.Column("id", types.serial(), autoincrement=True, nullable=False),
        sa.Column("customer_id", types.bytewise(), nullable=False),
        sa.Column(
            "key",
            types.digest(),
            nullable=False,
        ),
        sa.Column("recorded_at", types.Instant(), nullable=False),
        sa.Column("import_id", types.serial(), nullable=True),
        sa.ForeignKeyConstraint(
            ["import_id"], ["imports.id"], name=op.f("fk_opportunities_import_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_opportunities")),
        sa.UniqueConstraint("key", name=op.f("uq_opportunities_key")),
        if_not_exists=True,
    )
    op.create_index(
        op.f("ix_opportunities_customer_id"), "opportunities", ["customer_id"], if_not_exists=True
    )

    op.create_table(
        "owner_changes",
        sa.Column("id", types.serial(), autoincrement=True, nullable=False),
        sa.Column("customer_id", types.bytewise(), nullable=False),
        sa.Column("changed_at", types.Instant(), nullable=False),
        sa.Column("from_owner", types.bytewise(), nullable=True),
        sa.Column("to_owner", types.bytewise(), nullable=True),
        sa.Column("by", types.bytewise(), nullable=True),
        sa.Column("why", types.long_text(), nullable=True),
        sa.Column("key", types.digest(), nullable=True),
        sa.Column("recorded_at", types.Instant(), nullable=False),
        sa.Column("import_id", types.serial(), nullable=True),
        sa.ForeignKeyConstraint(
            ["import_id"], ["imports.id"], name=op.f("fk_owner_changes_import_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_owner_changes")),
        sa.UniqueConstraint("key", name=op.f("uq_owner_changes_key")),
        if_not_exists=True,
    )
    op.create_index(
        op.f("ix_owner_changes_customer_id_changed_at"),
        "owner_changes",
        ["customer_id", "changed_at"],
        if_not_exists=True,
    )

    op.create_table(
        "stage_changes",
        sa.Column("id", types.serial(), autoincrement=True, nullable=False),
        sa.Column("customer_id", types.bytewise(), nullable=False),
        sa.Column("changed_at", types.Instant(), nullable=False),
        sa.Column("from_stage", types.bytewise(), nullable=True),
        sa.Column("to_stage", types.bytewise(), nullable=True),
        sa.Column("by", types.bytewise(), nullable=True),
        sa.Column("how", types.bytewise(), nullable=False),
        sa.Column("why", types.long_text(), nullable=True),
        sa.Column("key", types.digest(), nullable=True),
        sa.Column("recorded_at", types.Instant(), nullable=False),
        sa.Column("import_id", types.serial(), nullable=True),
        sa.ForeignKeyConstraint(
            ["import_id"], ["imports.id"], name=op.f("fk_stage_changes_import_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stage_changes")),
        sa.UniqueConstraint("key", name=op.f("uq_stage_changes_key")),
        if_not_exists=True,
    )
    op.create_index(
        op.f("ix_stage_changes_customer_id_changed_at"),
        "stage_changes",
        ["customer_id", "changed_at"],
        if_not_exists=True,
    )

    op.create_table(
        "survey_answers",
        sa.Column("answered_at", types.Instant(), nullable=False),
        sa.Column("question", types.bytewise(), nullable=False),
        sa.Column("answer", types.long_text(), nullable=False),
        sa.Column("id", types.serial(), autoincrement=True, nullable=False),
        sa.Column("customer_id", types.bytewise(), nullable=False),
        sa.Column(
            "key",
            types.digest(),
            nullable=False,
        ),
        sa.Column("recorded_at", types.Instant(), nullable=False),
        sa.Column("import_id", types.serial(), nullable=True),
        sa.ForeignKeyConstraint(
            ["import_id"], ["imports.id"], name=op.f("fk_survey_answers_import_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_survey_answers")),
        sa.UniqueConstraint("key", name=op.f("uq_survey_answers_key")),
        if_not_exists=True,
    )
    op.create_index(
        op.f("ix_survey_answers_customer_id"), "survey_answers", ["customer_id"], if_not_exists=True
    )

    op.create_table(
        "tokens",
        sa.Column("id", types.serial(), autoincrement=True, nullable=False),
        sa.Column("name", types.bytewise(), nullable=False),
        sa.Column("prefix", types.bytewise(), nullable=False),
        sa.Column("digest", types.bytewise(), nullable=False),
        sa.Column("role", types.bytewise(), nullable=False),
        sa.Column("scopes", types.json_value(), nullable=False),
        sa.Column("user_id", types.serial(), nullable=True),
        sa.Column("created_at", types.Instant(), nullable=False),
        sa.Column("expires_at", types.Instant(), nullable=True),
        sa.Column("revoked_at", types.Instant(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_tokens_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tokens")),
        sa.UniqueConstraint("prefix", name=op.f("uq_tokens_prefix")),
        if_not_exists=True,
    )
    op.create_table(
        "transactions",
        sa.Column("occurred_at", types.Instant(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("scale", sa.SmallInteger(), nullable=False),
        sa.Column("profit", sa.BigInteger(), nullable=True),
        sa.Column("transaction_id", types.bytewise(), nullable=True),
        sa.Column("order_id", types.bytewise(), nullable=True),
        sa.Column("refund_of", types.bytewise(), nullable=True),
        sa.Column("product", types.bytewise(), nullable=True),
        sa.Column("currency", types.bytewise(), nullable=True),
        sa.Column("id", types.serial(), autoincrement=True, nullable=False),
        sa.Column("customer_id", types.bytewise(), nullable=False),
        sa.Column(
            "key",
            types.digest(),
            nullable=False,
        ),
        sa.Column("recorded_at", types.Instant(), nullable=False),
        sa.Column("import_id", types.serial(), nullable=True),
        sa.ForeignKeyConstraint(
            ["import_id"], ["imports.id"], name=op.f("fk_transactions_import_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transactions")),
        sa.UniqueConstraint("key", name=op.f("uq_transactions_key")),
        if_not_exists=True,
    )
    op.create_index(
        op.f("ix_transactions_customer_id"), "transactions", ["customer_id"], if_not_exists=True
    )

    op.create_table(
        "visits",
        sa.Column("day", types.Day(), nullable=False),
        sa.Column("region", types.bytewise(), nullable=True),
        sa.Column("owner", types.bytewise(), nullable=True),
        sa.Column("matter", types.long_text(), nullable=True),
        sa.Column("purpose", types.long_text(), nullable=True),
        sa.Column("id", types.serial(), autoincrement=True, nullable=False),
        sa.Column("customer_id", types.bytewise(), nullable=False),
        sa.Column(
            "key",
            types.digest(),
            nullable=False,
        ),
        sa.Column("recorded_at", types.Instant(), nullable=False),
        sa.Column("import_id", types.serial(), nullable=True),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name=op.f("fk_visits_import_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visits")),
        sa.UniqueConstraint("key", name=op.f("uq_visits_key")),
        if_not_exists=True,
    )
    op.create_index(op.f("ix_visits_customer_id"), "visits", ["customer_id"], if_not_exists=True)

    op.create_table(
        "approvals",
        sa.Column("draft_id", types.serial(), nullable=False),
        sa.Column("revision", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("by", types.bytewise(), nullable=False),
        sa.Column("at", types.Instant(), nullable=False),
        sa.Column("comment", types.long_text(), nullable=True),
        sa.ForeignKeyConstraint(["draft_id"], ["drafts.id"], name=op.f("fk_approvals_draft_id")),
        sa.PrimaryKeyConstraint("draft_id", "revision", "by", name=op.f("pk_approvals")),
        if_not_exists=True,
    )
    op.create_table(
        "draft_saves",
        sa.Column("draft_id", types.serial(), nullable=False),
        sa.Column("revision", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("by", types.bytewise(), nullable=False),
        sa.Column("at", types.Instant(), nullable=False),
        sa.ForeignKeyConstraint(["draft_id"], ["drafts.id"], name=op.f("fk_draft_saves_draft_id")),
        sa.PrimaryKeyConstraint("draft_id", "revision", name=op.f("pk_draft_saves")),
        if_not_exists=True,
    )
    op.create_table(
        "runs",
        sa.Column("id", types.serial(), autoincrement=True, nullable=False),
        sa.Column("kind", types.bytewise(), nullable=False),
        sa.Column("state", types.bytewise(), nullable=False),
        sa.Column("as_of", types.Day(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("calibration_id", types.bytewise(), nullable=True),
        sa.Column("watermark", sa.BigInteger(), nullable=False),
        sa.Column("plugins", types.json_value(), nullable=False),
        sa.Column("by", types.bytewise(), nullable=False),
        sa.Column("started_at", types.Instant(), nullable=False),
        sa.Column("finished_at", types.Instant(), nullable=True),
        sa.Column("step", types.bytewise(), nullable=True),
        sa.Column("done", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("cancelled_by", types.bytewise(), nullable=True),
        sa.Column("counts", types.json_value(), nullable=True),
        sa.Column("fault", types.long_text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["calibration_id"], ["calibrations.id"], name=op.f("fk_runs_calibration_id")
        ),
        sa.ForeignKeyConstraint(
            ["version"], ["ruleset_versions.number"], name=op.f("fk_runs_version")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_runs")),
        if_not_exists=True,
    )
    op.create_index(op.f("ix_runs_state_as_of"), "runs", ["state", "as_of"], if_not_exists=True)

    op.create_table(
        "label_history",
        sa.Column("customer_id", types.bytewise(), nullable=False),
        sa.Column("classifier", types.bytewise(), nullable=False),
        sa.Column("valid_from", types.Day(), nullable=False),
        sa.Column("recorded_at", types.Instant(), nullable=False),
        sa.Column("label", types.bytewise(), nullable=True),
        sa.Column("was", types.bytewise(), nullable=True),
        sa.Column("why", types.bytewise(), nullable=False),
        sa.Column("run_id", types.serial(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_label_history_run_id")),
        sa.PrimaryKeyConstraint(
            "customer_id", "classifier", "valid_from", "recorded_at", name=op.f("pk_label_history")
        ),
        sqlite_with_rowid=False,
        if_not_exists=True,
    )
    op.create_index(
        op.f("ix_label_history_run_id"), "label_history", ["run_id"], if_not_exists=True
    )

    op.create_table(
        "label_now",
        sa.Column("classifier", types.bytewise(), nullable=False),
        sa.Column("customer_id", types.bytewise(), nullable=False),
        sa.Column("label", types.bytewise(), nullable=True),
        sa.Column("valid_from", types.Day(), nullable=False),
        sa.Column("run_id", types.serial(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_label_now_run_id")),
        sa.PrimaryKeyConstraint("classifier", "customer_id", name=op.f("pk_label_now")),
        sqlite_with_rowid=False,
        if_not_exists=True,
    )
    op.create_index(
        op.f("ix_label_now_classifier_label"),
        "label_now",
        ["classifier", "label"],
        if_not_exists=True,
    )
    op.create_index(
        op.f("ix_label_now_customer_id"), "label_now", ["customer_id"], if_not_exists=True
    )

    op.create_table(
        "outbox",
        sa.Column("id", types.serial(), autoincrement=True, nullable=False),
        sa.Column("kind", types.bytewise(), nullable=False),
        sa.Column("target", types.bytewise(), nullable=True),
        sa.Column("customer_id", types.bytewise(), nullable=False),
        sa.Column("run_id", types.serial(), nullable=False),
        sa.Column("payload", types.json_value(), nullable=False),
        sa.Column("key", types.bytewise(), nullable=False),
        sa.Column("state", types.bytewise(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", types.Instant(), nullable=False),
        sa.Column("recorded_at", types.Instant(), nullable=False),
        sa.Column("fault", types.long_text(), nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_outbox_run_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("key", name=op.f("uq_outbox_key")),
        if_not_exists=True,
    )
    op.create_index(op.f("ix_outbox_customer_id"), "outbox", ["customer_id"], if_not_exists=True)
    op.create_index(
        op.f("ix_outbox_state_due_at"), "outbox", ["state", "due_at"], if_not_exists=True
    )

    op.create_table(
        "run_chunks",
        sa.Column("run_id", types.serial(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("first_customer", types.bytewise(), nullable=False),
        sa.Column("last_customer", types.bytewise(), nullable=False),
        sa.Column("data", types.binary(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_run_chunks_run_id")),
        sa.PrimaryKeyConstraint("run_id", "number", name=op.f("pk_run_chunks")),
        if_not_exists=True,
    )
