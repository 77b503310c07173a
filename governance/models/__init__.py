from .seal import AuditSeal

__all__ = ["AuditSeal"]
