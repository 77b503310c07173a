"""SQL of the guards that live in the database: ledgers that refuse change, memberships only on active profiles.

Used by migrations; the product has no switch that disables a guard.
"""

LEDGER_FUNCTION = """
CREATE FUNCTION refuse_ledger_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'ledger % is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'integrity_constraint_violation';
END $$;
"""
DROP_LEDGER_FUNCTION = "DROP FUNCTION refuse_ledger_change();"


def protect_ledger(table: str) -> str:
    """Refuse UPDATE, DELETE and TRUNCATE on a table."""
    return (
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}"
        f" FOR EACH ROW EXECUTE FUNCTION refuse_ledger_change();"
        f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}"
        f" FOR EACH STATEMENT EXECUTE FUNCTION refuse_ledger_change();"
    )


def unprotect_ledger(table: str) -> str:
    return f"DROP TRIGGER {table}_append_only ON {table}; DROP TRIGGER {table}_no_truncate ON {table};"


def active_profile_key(table: str, column: str, name: str) -> str:
    """A deferred foreign key to active profiles only: it breaks at commit when the profile is merged or erased."""
    return (
        f"ALTER TABLE {table} ADD CONSTRAINT {name} FOREIGN KEY ({column})"
        f" REFERENCES profiles_profile (active_id) DEFERRABLE INITIALLY DEFERRED;"
    )


def drop_constraint(table: str, name: str) -> str:
    return f"ALTER TABLE {table} DROP CONSTRAINT {name};"


def checked_at_once(table: str, **parents: str) -> str:
    """Foreign keys (column=parent table) checked once per statement, each parent once: a row may only refer to what is
    there, and what is referred to is neither deleted nor given another id. For tables written by the thousand, where a
    check per row costs more than the row.

    No parent is locked: a foreign key's lock writes to its page. Instead who deletes a parent locks the table that may
    refer to it, waits for those who write there, and looks again; who writes after that finds the parent gone.
    """
    looks = "".join(
        f"""
    SELECT f.id INTO missing FROM (SELECT DISTINCT {column} AS id FROM fresh WHERE {column} IS NOT NULL) f
    WHERE NOT EXISTS (SELECT FROM {parent} p WHERE p.id = f.id OFFSET 0) LIMIT 1;  -- by index, however many there are
    IF FOUND THEN
        RAISE EXCEPTION '% refers to {parent} %, which is not there', TG_TABLE_NAME, missing
            USING ERRCODE = 'foreign_key_violation';
    END IF;"""
        for column, parent in parents.items()
    )
    return f"""
CREATE OR REPLACE FUNCTION {table}_refers() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE missing text;
BEGIN{looks}
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER {table}_refers_new AFTER INSERT ON {table} REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION {table}_refers();
CREATE OR REPLACE TRIGGER {table}_refers_changed AFTER UPDATE ON {table} REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION {table}_refers();
{"".join(_kept_for(table, *pair) for pair in parents.items())}"""


def _kept_for(table: str, column: str, parent: str) -> str:
    """Refuse to delete, or to give another id, what rows of the table refer to. As the owner: the site may not lock ledgers."""
    name = f"{table}_{column}"
    return f"""
CREATE OR REPLACE FUNCTION {name}_kept() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE;
    IF TG_OP = 'DELETE' THEN  -- `gone` is there for a statement that deletes only
        PERFORM FROM gone g JOIN {table} c ON c.{column} = g.id LIMIT 1;
    ELSE
        PERFORM FROM {table} c WHERE c.{column} = OLD.id LIMIT 1;
    END IF;
    IF FOUND THEN
        RAISE EXCEPTION '{table} refers to what % would take from %', TG_OP, TG_TABLE_NAME
            USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER {name}_kept AFTER DELETE ON {parent} REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION {name}_kept();
CREATE OR REPLACE TRIGGER {name}_fixed AFTER UPDATE OF id ON {parent} FOR EACH ROW WHEN (OLD.id IS DISTINCT FROM NEW.id)
    EXECUTE FUNCTION {name}_kept();
"""


def not_checked_at_once(table: str, **parents: str) -> str:
    parts = [
        f"DROP TRIGGER {table}_{column}_kept ON {parent}; DROP TRIGGER {table}_{column}_fixed ON {parent};"
        f" DROP FUNCTION {table}_{column}_kept();"
        for column, parent in parents.items()
    ]
    return (
        f"DROP TRIGGER {table}_refers_new ON {table}; DROP TRIGGER {table}_refers_changed ON {table};"
        f" DROP FUNCTION {table}_refers(); {' '.join(parts)}"
    )


def _membership_follows_ledger(after: str = "", before: str = "") -> str:
    """A membership changes only by a move of its operation, from where and how the record is linked at that moment."""
    return f"""
CREATE OR REPLACE FUNCTION membership_follows_ledger() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' AND NEW.operation_id IS NULL THEN
        RETURN NEW;
    END IF;
    PERFORM 1 FROM profiles_recordmove
    WHERE operation_id = NEW.operation_id AND record_id = NEW.record_id
        AND to_profile_id = NEW.profile_id AND class_after = NEW.link_class{after}
        AND (TG_OP = 'INSERT' OR from_profile_id = OLD.profile_id AND class_before = OLD.link_class{before});
    IF NOT FOUND THEN
        RAISE EXCEPTION 'record % is not where its operation takes it from', NEW.record_id
            USING ERRCODE = 'serialization_failure';
    END IF;
    RETURN NEW;
END $$;"""


FOLLOW_ROW_BY_ROW = """
CREATE TRIGGER membership_follows_ledger BEFORE INSERT OR UPDATE ON profiles_membership
    FOR EACH ROW EXECUTE FUNCTION membership_follows_ledger();
"""
MEMBERSHIP_FOLLOWS_LEDGER = f"{_membership_follows_ledger()}{FOLLOW_ROW_BY_ROW}"
LINK_FOLLOWS_LEDGER = _membership_follows_ledger(
    " AND linked_after = NEW.linked_by", " AND linked_before = OLD.linked_by"
)
ONLY_CLASS_FOLLOWS_LEDGER = _membership_follows_ledger()
_TOLD = """NOT EXISTS (
            SELECT FROM profiles_recordmove m WHERE m.operation_id = n.operation_id AND m.record_id = n.record_id
                AND m.to_profile_id = n.profile_id AND m.class_after = n.link_class AND m.linked_after = n.linked_by
                {before} OFFSET 0) LIMIT 1"""
_FROM_THERE = "AND m.from_profile_id = o.profile_id AND m.class_before = o.link_class AND m.linked_before = o.linked_by"
# the same for all rows of a statement; OFFSET 0 has the planner look each up by index, however many there are
MEMBERSHIPS_FOLLOW_LEDGER = f"""
CREATE FUNCTION memberships_follow_ledger() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE astray bigint;
BEGIN
    IF TG_OP = 'INSERT' THEN
        SELECT n.record_id INTO astray FROM fresh n WHERE n.operation_id IS NOT NULL AND {_TOLD.format(before="")};
    ELSE
        SELECT n.record_id INTO astray FROM fresh n LEFT JOIN gone o ON o.record_id = n.record_id
        WHERE {_TOLD.format(before=_FROM_THERE)};
    END IF;
    IF FOUND THEN
        RAISE EXCEPTION 'record % is not where its operation takes it from', astray
            USING ERRCODE = 'serialization_failure';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER memberships_follow_ledger_new AFTER INSERT ON profiles_membership REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION memberships_follow_ledger();
CREATE TRIGGER memberships_follow_ledger_changed AFTER UPDATE ON profiles_membership
    REFERENCING NEW TABLE AS fresh OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION memberships_follow_ledger();
"""
DROP_MEMBERSHIPS_FOLLOW_LEDGER = """
DROP TRIGGER memberships_follow_ledger_new ON profiles_membership;
DROP TRIGGER memberships_follow_ledger_changed ON profiles_membership;
DROP FUNCTION memberships_follow_ledger();
"""
DROP_MEMBERSHIP_FOLLOWS_LEDGER = """
DROP TRIGGER membership_follows_ledger ON profiles_membership;
DROP FUNCTION membership_follows_ledger();
"""


PUBLISHED_FUNCTION = """
CREATE FUNCTION refuse_published_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY TG_ARGV LOOP
        IF to_jsonb(OLD) -> name IS DISTINCT FROM to_jsonb(NEW) -> name THEN
            RAISE EXCEPTION '% is published: change of % refused', TG_TABLE_NAME, name USING ERRCODE = 'integrity_constraint_violation';
        END IF;
    END LOOP;
    RETURN NEW;
END $$;
"""
DROP_PUBLISHED_FUNCTION = "DROP FUNCTION refuse_published_change();"


def protect_published(table: str, columns: tuple[str, ...], published: str = "true") -> str:
    """Refuse changes of these columns, and deletion, of rows that are published (an SQL condition on OLD)."""
    names = ", ".join(f"'{column}'" for column in columns)
    return (
        f"CREATE TRIGGER {table}_published BEFORE UPDATE ON {table} FOR EACH ROW WHEN ({published})"
        f" EXECUTE FUNCTION refuse_published_change({names});"
        f"CREATE TRIGGER {table}_kept BEFORE DELETE ON {table} FOR EACH ROW WHEN ({published})"
        f" EXECUTE FUNCTION refuse_ledger_change();"
        f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}"
        f" FOR EACH STATEMENT EXECUTE FUNCTION refuse_ledger_change();"
    )


def unprotect_published(table: str) -> str:
    return (
        f"DROP TRIGGER {table}_published ON {table}; DROP TRIGGER {table}_kept ON {table};"
        f" DROP TRIGGER {table}_no_truncate ON {table};"
    )


APPROVAL_FIXED = (
    "id", "kind", "subject_id", "subject_ids", "arguments", "plan", "plan_hash", "summary", "reason", "requested_by_id",
    "requested_at", "expires_at",
)  # fmt: skip
APPROVAL_ANSWERED = """
CREATE TRIGGER profiles_approval_answered BEFORE UPDATE ON profiles_approval FOR EACH ROW WHEN (OLD.state <> 'requested')
    EXECUTE FUNCTION refuse_published_change('state', 'owner_id', 'decided_by_id', 'decided_at', 'answer', 'result_id');
"""
DROP_APPROVAL_ANSWERED = "DROP TRIGGER profiles_approval_answered ON profiles_approval;"


ERASED_TEXT = "(erased)"
# A ledger may name columns of free text, and a question about one of its rows: where the answer is yes (somebody it is
# about was erased), these may be emptied, and nothing else.
ERASABLE_LEDGER_FUNCTION = f"""
CREATE OR REPLACE FUNCTION refuse_ledger_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE is_erased boolean; name text; emptied jsonb;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF TG_NARGS = 2 THEN
            emptied := to_jsonb(OLD);
            FOREACH name IN ARRAY string_to_array(TG_ARGV[0], ',') LOOP
                IF to_jsonb(NEW) ->> name IN ('', '{ERASED_TEXT}') THEN
                    emptied := emptied || jsonb_build_object(name, to_jsonb(NEW) -> name);
                END IF;
            END LOOP;
            IF emptied = to_jsonb(NEW) THEN
                EXECUTE TG_ARGV[1] INTO is_erased USING OLD.id;
                IF is_erased THEN RETURN NEW; END IF;
            END IF;
        END IF;
    END IF;
    RAISE EXCEPTION 'ledger % is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'integrity_constraint_violation';
END $$;
"""
WHOLLY_FIXED_LEDGER_FUNCTION = LEDGER_FUNCTION.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")


def let_texts_be_erased(table: str, columns: str, is_erased: str) -> str:
    """Let these columns (commas between) be emptied where the question, with the row's id as $1, is answered by true."""
    return (
        f"DROP TRIGGER {table}_append_only ON {table};"
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}"
        f" FOR EACH ROW EXECUTE FUNCTION refuse_ledger_change('{columns}', $question${is_erased}$question$);"
    )


def keep_texts(table: str) -> str:
    return (
        f"DROP TRIGGER {table}_append_only ON {table};"
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}"
        f" FOR EACH ROW EXECUTE FUNCTION refuse_ledger_change();"
    )


OPERATION_IS_ERASED = (
    "SELECT EXISTS (SELECT FROM profiles_recordmove m JOIN profiles_sourcerecord r ON r.id = m.record_id"
    " WHERE m.operation_id = $1 AND r.state = 'erased')"
)
# the same for answered approvals: what was said may go when somebody whom it is about was erased
ERASABLE_PUBLISHED_FUNCTION = f"""
CREATE OR REPLACE FUNCTION refuse_published_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE name text; is_erased boolean;
BEGIN
    FOREACH name IN ARRAY TG_ARGV LOOP
        IF to_jsonb(OLD) -> name IS DISTINCT FROM to_jsonb(NEW) -> name THEN
            is_erased := false;
            IF TG_TABLE_NAME = 'profiles_approval' AND name IN ('reason', 'answer') AND to_jsonb(NEW) ->> name = '{ERASED_TEXT}' THEN
                SELECT EXISTS (SELECT FROM jsonb_array_elements_text(to_jsonb(OLD) -> 'subject_ids') s
                    JOIN profiles_profile p ON p.id = s::uuid WHERE p.state = 'erased') INTO is_erased;
            END IF;
            IF NOT is_erased THEN
                RAISE EXCEPTION '% is published: change of % refused', TG_TABLE_NAME, name USING ERRCODE = 'integrity_constraint_violation';
            END IF;
        END IF;
    END LOOP;
    RETURN NEW;
END $$;
"""
WHOLLY_PUBLISHED_FUNCTION = PUBLISHED_FUNCTION.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")


# also what was said with an operation on somebody whose own records did not move
CUSTOMER_OR_RECORD_IS_ERASED = (
    "SELECT EXISTS (SELECT FROM profiles_recordmove m JOIN profiles_identityoperation o ON o.id = m.operation_id"
    " LEFT JOIN profiles_sourcerecord r ON r.id = m.record_id AND r.state = 'erased'"
    " LEFT JOIN profiles_profile p ON p.id IN (o.profile_id, m.from_profile_id, m.to_profile_id) AND p.state = 'erased'"
    " WHERE m.operation_id = $1 AND (r.id IS NOT NULL OR p.id IS NOT NULL))"
)
