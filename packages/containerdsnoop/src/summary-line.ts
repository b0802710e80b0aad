import { bytesText } from '@imagesnoop/output';
import type { DecoderStats } from './decode/decoder.js';

/** What is told at the end: rows, losses, and what was seen but not understood. */
export function closingLine(
  { events, lost }: { readonly events: number; readonly lost: number },
  unseen: Readonly<Record<string, number>>,
  { undecoded }: Pick<DecoderStats, 'undecoded'>,
): string {
  const parts = [`${events} events, ${lost} lost`];
  const notSeen = sum(unseen);
  if (notSeen > 0) parts.push(`${bytesText(notSeen)} not captured (${causes(unseen)})`);
  // What was not captured is a hole to the decoder, too.
  const { hole: _, ...others } = undecoded;
  const notDecoded = sum(others);
  if (notDecoded > 0) parts.push(`${bytesText(notDecoded)} not decoded (${causes(others)})`);
  return parts.join(', ');
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((all, one) => all + one, 0);
}

function causes(counts: Readonly<Record<string, number>>): string {
  const some = Object.entries(counts).filter(([, count]) => count > 0);
  return some.map(([cause]) => cause).join(', ');
}
