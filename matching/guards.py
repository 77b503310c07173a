"""SQL of the guards of match models: what was published stays as it was, and so does who published it.

Used by migrations; the product has no switch that disables a guard.
"""

MODEL_GUARD = """
CREATE FUNCTION refuse_model_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state <> 'draft' THEN
        IF TG_OP = 'DELETE' THEN
            RAISE EXCEPTION 'match model % was published: it cannot be deleted', OLD.label
                USING ERRCODE = 'integrity_constraint_violation';
        ELSIF NEW.content IS DISTINCT FROM OLD.content OR NEW.label <> OLD.label OR NEW.state = 'draft' THEN
            RAISE EXCEPTION 'match model % was published: it cannot be changed', OLD.label
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
    END IF;
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER matching_matchmodel_immutable BEFORE UPDATE OR DELETE ON matching_matchmodel
    FOR EACH ROW EXECUTE FUNCTION refuse_model_change();
CREATE TRIGGER matching_matchmodel_no_truncate BEFORE TRUNCATE ON matching_matchmodel
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_ledger_change();
"""
DROP_MODEL_GUARD = """
DROP TRIGGER matching_matchmodel_no_truncate ON matching_matchmodel;
DROP TRIGGER matching_matchmodel_immutable ON matching_matchmodel;
DROP FUNCTION refuse_model_change();
"""

PUBLICATION_GUARD = """
CREATE FUNCTION refuse_publication_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'publication % cannot be deleted', OLD.id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF (OLD.state <> 'requested' AND (NEW.state, NEW.decided_at, NEW.answer, NEW.replaced)
            IS DISTINCT FROM (OLD.state, OLD.decided_at, OLD.answer, OLD.replaced))
        OR (NEW.model_id, NEW.model_digest, NEW.reason, NEW.requested_at)
            IS DISTINCT FROM (OLD.model_id, OLD.model_digest, OLD.reason, OLD.requested_at)
        OR (NEW.requested_by_id IS DISTINCT FROM OLD.requested_by_id AND NEW.requested_by_id IS NOT NULL)
        OR (OLD.state <> 'requested' AND NEW.decided_by_id IS DISTINCT FROM OLD.decided_by_id
            AND NEW.decided_by_id IS NOT NULL) THEN
        RAISE EXCEPTION 'publication % cannot be changed', OLD.id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER matching_publication_fixed BEFORE UPDATE OR DELETE ON matching_publication
    FOR EACH ROW EXECUTE FUNCTION refuse_publication_change();
CREATE TRIGGER matching_publication_no_truncate BEFORE TRUNCATE ON matching_publication
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_ledger_change();
"""
DROP_PUBLICATION_GUARD = """
DROP TRIGGER matching_publication_no_truncate ON matching_publication;
DROP TRIGGER matching_publication_fixed ON matching_publication;
DROP FUNCTION refuse_publication_change();
"""
