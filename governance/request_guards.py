"""SQL of the guards of privacy requests, used by migrations: fulfilled only when every task is done, and closed for good."""

FULFILLED = """
CREATE FUNCTION request_fulfilled_when_done() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM governance_requesttask WHERE request_id = NEW.id AND state <> 'done') THEN
        RAISE EXCEPTION 'a task of request % is not done', NEW.id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER request_fulfilled_when_done BEFORE INSERT OR UPDATE ON governance_privacyrequest
    FOR EACH ROW WHEN (NEW.state = 'fulfilled') EXECUTE FUNCTION request_fulfilled_when_done();

CREATE FUNCTION request_task_of_open_request() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE found text;
BEGIN
    SELECT state INTO found FROM governance_privacyrequest WHERE id = NEW.request_id FOR SHARE;
    IF found IN ('fulfilled', 'refused', 'cancelled') THEN
        RAISE EXCEPTION 'request % is closed', NEW.request_id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER request_task_of_open_request BEFORE INSERT OR UPDATE ON governance_requesttask
    FOR EACH ROW EXECUTE FUNCTION request_task_of_open_request();

CREATE TRIGGER request_closed_for_good BEFORE UPDATE ON governance_privacyrequest
    FOR EACH ROW WHEN (OLD.closed_at IS NOT NULL)
    EXECUTE FUNCTION refuse_published_change('state', 'kind', 'closed_at', 'closed_by_id', 'reviewed_by_id', 'refusal');
"""
DROP_FULFILLED = """
DROP TRIGGER request_closed_for_good ON governance_privacyrequest;
DROP TRIGGER request_task_of_open_request ON governance_requesttask;
DROP FUNCTION request_task_of_open_request();
DROP TRIGGER request_fulfilled_when_done ON governance_privacyrequest;
DROP FUNCTION request_fulfilled_when_done();
"""
