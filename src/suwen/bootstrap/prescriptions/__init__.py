"""The pharmacists' queue: what comes in, who decides, what rules are told, what is counted."""
