export { isSuspicious, REDACTED, redact } from '@imagesnoop/output';
