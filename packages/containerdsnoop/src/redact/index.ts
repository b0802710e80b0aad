export { type BodyShown, redactBody, redactHeader, redactTarget } from './http.js';
export { maskMessage } from './mask-message.js';
export { soundsSecret } from './names.js';
export { REDACTED, redactText } from './text.js';
