import { expect, test } from 'vitest';
import { FewTexts } from '../src/few-texts.js';
import { JsonWriter } from '../src/json-writer.js';

test('texts are written as always, the second time and beyond what is kept', () => {
  const texts = new FewTexts();
  const all = ['', 'runc', 'a"b\\', 'zürich', '\x1b[31m', 'x'.repeat(5000)];
  for (let i = 0; i < 600; i++) all.push(`name ${i}`);
  for (let time = 0; time < 2; time++) {
    for (const text of all) {
      const [out, expected] = [new JsonWriter(), new JsonWriter()];
      texts.write(text, out);
      expected.quoted(text);
      expect(out.view()).toEqual(expected.view());
    }
  }
});
