import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chownSync,
  closeSync,
  constants,
  createReadStream,
  existsSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { lacksRoot, requireKernel } from '../../../tools/testing/kernel.js';
import { newFolder, shell, start } from './fixture/run.js';

const isRoot = process.getuid?.() === 0;
const lines = (text: string) => text.split('\n').slice(0, -1);

describe('forms', () => {
  it('prints a table into a pipe, whole values, no colour', async () => {
    const child = start(`--rows 2 --max-events 2 --no-file --name ${'x'.repeat(90)}`);
    expect(await child.end()).toBe(0);
    expect(lines(child.stdout)).toHaveLength(3);
    expect(child.stdout).toContain('x'.repeat(90));
    expect(child.stdout).not.toContain('\x1b');
    expect(child.stderr).toBe('fixture: tracing; Ctrl-C to end\n2 events, 0 lost\n');
  });

  it('cuts to COLUMNS in a pipe', async () => {
    const child = start(`--rows 2 --max-events 2 --no-file --name ${'x'.repeat(90)}`, {
      env: { COLUMNS: '30' },
    });
    await child.end();
    for (const line of lines(child.stdout)) expect(line.length).toBeLessThanOrEqual(30);
  });

  it('fits the terminal, in colour unless NO_COLOR says otherwise', async () => {
    const line = (environment: string) =>
      shell(
        `script -qec 'stty cols 50; ${environment} $TOOL -q --rows 2 --max-events 2 -o wide --fields pid,error,path --name ${'x'.repeat(90)}' /dev/null`,
        { env: { TERM: 'xterm' } },
      );
    const colored = line('env -u NO_COLOR');
    expect(await colored.end()).toBe(0);
    expect(colored.stdout).toContain('\x1b[1m');
    expect(colored.stdout).toContain('\x1b[31mECONNREFUSED\x1b[0m');
    const plain = line('NO_COLOR=1');
    await plain.end();
    expect(plain.stdout).not.toContain('\x1b');
    const cut = shell(
      `script -qec 'stty cols 50; NO_COLOR=1 $TOOL -q --rows 2 --max-events 2 --no-file --name ${'x'.repeat(90)}' /dev/null`,
      { env: { TERM: 'xterm' } },
    );
    await cut.end();
    const rows = cut.stdout.split('\r\n').slice(0, -1);
    expect(rows).toHaveLength(3);
    for (const row of rows) expect(row.length).toBeLessThanOrEqual(50);
    expect(rows[1]).toContain('…');
  });

  it('keeps a hostile name from the terminal in every form', async () => {
    for (const form of ['table', 'wide', 'json', 'csv']) {
      const child = start(
        `--rows 1 --max-events 1 --no-file -o ${form} --name a%1b[2J%0a%c2%9b%e2%80%ae%ff`,
      );
      await child.end();
      expect(child.stdout, form).not.toMatch(/(?=[^\r\n])[\p{Cc}\p{Cf}]/u);
      expect(lines(child.stdout).length, form).toBeLessThanOrEqual(2);
    }
  });

  it('tells of losses in the stream and on stderr', async () => {
    const child = start('--rows 1 --max-events 1 -o json --lose 4');
    expect(await child.end()).toBe(0);
    const [lost, row, summary] = lines(child.stdout).map((line) => JSON.parse(line));
    expect(lost).toMatchObject({
      type: 'lost',
      count: 4,
      cause: 'ring_buffer_full',
      hint: 'try --buffer 16M',
    });
    expect(row).toMatchObject({ type: 'row', pid: 0 });
    expect(summary).toMatchObject({ type: 'summary', events: 1, lost: 4 });
    expect(child.stderr).toContain('lost 4 events (ring_buffer_full, 4 in all): try --buffer 16M');
    expect(child.stderr).toContain('1 event, 4 lost');
  });

  it('sums up only what is known to be lost', async () => {
    const child = start('--rows 1 --max-events 1 -o json --lose 4 --cause recursion');
    expect(await child.end()).toBe(0);
    const [lost, , summary] = lines(child.stdout).map((line) => JSON.parse(line));
    expect(lost).toMatchObject({ count: 4, cause: 'recursion' });
    expect(summary).toMatchObject({ events: 1, lost: 0 });
    expect(child.stderr).toContain('up to 4 events may be missing (4 in all)');
    expect(child.stderr).toContain('1 event, 0 lost');
  });
});

describe('ends', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s is a normal end', async (signal) => {
    const child = start('--rows 3 --no-file');
    await child.says('tracing');
    child.process.kill(signal);
    expect(await child.end()).toBe(0);
    expect(lines(child.stdout)).toHaveLength(4);
    expect(child.stderr).toContain('3 events, 0 lost');
  });

  it('what follows the echo of Ctrl-C on a terminal overwrites it', async () => {
    const child = shell(`
      coproc script -qec "$TOOL --no-file" /dev/null
      while read -r line <&\${COPROC[0]}; do
        echo "$line"
        case $line in *PATH*) printf '\\003' >&\${COPROC[1]} ;; esac
      done`);
    await child.end();
    expect(child.stdout).toContain('^C\r0 events, 0 lost');
  });

  it('one Ctrl-C that arrives twice, also by way of npm, is a normal end', async () => {
    const child = start('--rows 3 --no-file');
    await child.says('tracing');
    child.process.kill('SIGINT');
    child.process.kill('SIGINT');
    expect(await child.end()).toBe(0);
    expect(child.stderr).toContain('3 events, 0 lost');
  });

  it('--duration and --max-events are normal ends', async () => {
    const timed = start('--rows 3 --no-file --duration 50ms');
    expect(await timed.end()).toBe(0);
    expect(timed.stderr).toContain('3 events, 0 lost');
    const counted = start('--forever --no-file --max-events 1234 -o csv');
    expect(await counted.end()).toBe(0);
    expect(counted.stdout.split('\r\n')).toHaveLength(1 + 1234 + 1);
    expect(counted.stderr).toContain('1234 events, 0 lost');
  });

  it('a pipe that closes is a normal end, and the log is whole', async () => {
    const cwd = newFolder();
    const child = shell('($TOOL --forever; echo code $? >&2) | head -2', { cwd });
    await child.end();
    expect(child.stderr).toContain('code 0');
    expect(lines(child.stdout)).toHaveLength(2);
    for (const line of lines(readFileSync(join(cwd, 'fixture.json'), 'utf8'))) JSON.parse(line);
  });

  it('a reader that stops holds the tool, in bounded memory, and not for ever', async () => {
    const cwd = newFolder();
    const fifo = join(cwd, 'fifo');
    execFileSync('mkfifo', [fifo]);
    const reader = openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK);
    const writer = openSync(fifo, constants.O_WRONLY);
    const child = start('--forever -o json -v --max-events 10000000', { cwd, stdout: writer });
    closeSync(writer);
    await child.says('tracing');
    const memory = () =>
      Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.process.pid}/status`, 'utf8'))?.[1]);
    expect(memory()).toBeLessThan(150_000);
    child.process.kill('SIGTERM');
    expect(await child.end()).toBe(1);
    expect(child.stderr).toMatch(
      /standard output is not read: \d+ bytes of events were given up \[STDOUT_NOT_READ\]/,
    );
    closeSync(reader);
  });

  it('a slow reader gets every row', async () => {
    const child = shell('$TOOL --forever --max-events 20000 -o json -q | (sleep 0.3; wc -l)');
    expect(await child.end()).toBe(0);
    expect(child.stdout.trim()).toBe('20001');
  });
});

describe('exit codes', () => {
  it.each([
    ['--prot 1', 2, 'fixture: unknown option --prot\n  did you mean --port?\n'],
    ['-P 0', 2, "received '0'"],
    ['extra', 2, "unexpected argument 'extra'"],
    ['--fields nmae --fail cannot', 2, "there is no field 'nmae'"],
    ['--fields -type -o csv --fields -time,-pid,-error,-comm,-path', 2, 'takes every field away'],
    ['--fail expected --no-file', 1, 'fixture: cannot open the fixture\n  ask for less\n'],
    ['--fail cannot --no-file', 3, 'fixture: cannot open the fixture\n  ask for less\n'],
  ])('%s: %d', async (args, code, message) => {
    const child = start(args);
    expect(await child.end()).toBe(code);
    expect(child.stderr).toContain(message);
    expect(child.stderr).not.toContain('    at ');
    expect(child.stdout).toBe('');
  });

  it('a bug shows its stack and says so', async () => {
    const child = start('--fail bug --no-file');
    expect(await child.end()).toBe(1);
    expect(child.stderr).toContain('this is a bug in fixture');
    expect(child.stderr).toContain('TypeError: x is not a function\n    at ');
  });

  it('--help, --version and --completion go to stdout', async () => {
    for (const [flag, text] of [
      ['-h', 'Examples:\n  fixture --rows 3'],
      ['-V', 'fixture 1.2.3\n'],
      ['--completion', '###-begin-fixture-completions-###'],
      ['--get-yargs-completions --po', '--port'],
    ] as const) {
      const child = start(flag);
      expect(await child.end()).toBe(0);
      expect(child.stdout).toContain(text);
      expect(child.stderr).toBe('');
    }
  });
});

describe('log file', () => {
  it('is written beside a table, with all fields, mode 0600, and appended to', async () => {
    const cwd = newFolder();
    for (const rows of [2, 3]) {
      const child = start(`--rows ${rows} --max-events ${rows} --fields pid`, { cwd });
      expect(await child.end()).toBe(0);
      expect(child.stderr).toContain('logging to fixture.json');
    }
    const log = join(cwd, 'fixture.json');
    expect(statSync(log).mode & 0o777).toBe(0o600);
    const rows = lines(readFileSync(log, 'utf8')).map((line) => JSON.parse(line));
    expect(rows.map(({ pid }) => pid)).toEqual([0, 1, 0, 1, 2]);
    expect(Object.keys(rows[0])).toEqual(['type', 'time', 'pid', 'error', 'comm', 'path']);
  });

  it('is left out by --no-file, -o json and -f -', async () => {
    for (const args of ['--no-file', '-o json', '-f -']) {
      const cwd = newFolder();
      const child = start(`--rows 1 --max-events 1 ${args}`, { cwd });
      await child.end();
      expect(existsSync(join(cwd, 'fixture.json')), args).toBe(false);
      if (args !== '--no-file')
        expect(JSON.parse(lines(child.stdout)[0] as string)).toMatchObject({ pid: 0 });
    }
  });

  it('that is asked for and cannot be opened is an error; the usual one is a warning', async () => {
    const asked = start('--rows 1 --max-events 1 -f /nowhere/log');
    expect(await asked.end()).toBe(1);
    expect(asked.stderr).toContain('cannot open log file /nowhere/log: ENOENT');
    const cwd = newFolder();
    execFileSync('mkdir', [join(cwd, 'fixture.json')]);
    const usual = start('--rows 1 --max-events 1', { cwd });
    expect(await usual.end()).toBe(0);
    expect(usual.stderr).toContain(
      'cannot open log file fixture.json: EISDIR; going on without a log',
    );
    const unable = start('--fail cannot', { cwd });
    expect(await unable.end()).toBe(3);
    expect(unable.stderr).not.toContain('log');
  });

  it('moves to a new file on SIGHUP and goes on', async () => {
    const cwd = newFolder();
    const log = join(cwd, 'log');
    const child = shell('exec setsid $TOOL --forever -f log -o csv', { cwd });
    await child.writes(10_000);
    renameSync(log, `${log}.1`);
    child.process.kill('SIGHUP');
    const before = child.stdout.length;
    await child.writes(before + 500_000);
    child.process.kill('SIGTERM');
    expect(await child.end()).toBe(0);
    const pids = [`${log}.1`, log].map((path) =>
      lines(readFileSync(path, 'utf8')).map((line) => JSON.parse(line).pid as number),
    );
    expect(pids[1]?.length).toBeGreaterThan(0);
    // No row lost, none twice.
    expect(pids.flat()).toEqual(Array.from({ length: pids.flat().length }, (_, i) => i));
  });

  it('stays in the old file where nobody may make a new one', async (context) => {
    requireKernel(context, lacksRoot());
    const cwd = newFolder();
    const child = shell('exec setsid $TOOL --forever --drop -f log -o csv', { cwd });
    await child.writes(10_000);
    renameSync(join(cwd, 'log'), join(cwd, 'log.1'));
    child.process.kill('SIGHUP');
    await child.says(
      'cannot open log file log: EACCES; going on in the old file, use copytruncate',
    );
    const before = statSync(join(cwd, 'log.1')).size;
    await child.writes(child.stdout.length + 500_000);
    child.process.kill('SIGTERM');
    expect(await child.end()).toBe(0);
    expect(statSync(join(cwd, 'log.1')).size).toBeGreaterThan(before);
    expect(existsSync(join(cwd, 'log'))).toBe(false);
  });

  it('made under sudo belongs to the caller, who may rotate it', async (context) => {
    requireKernel(context, lacksRoot());
    const cwd = newFolder();
    chownSync(cwd, 65534, 65534);
    const env = { SUDO_UID: '65534', SUDO_GID: '65534' };
    const child = shell('exec setsid $TOOL --forever --drop -f log -o csv', { cwd, env });
    await child.writes(10_000);
    expect(statSync(join(cwd, 'log')).uid).toBe(65534);
    renameSync(join(cwd, 'log'), join(cwd, 'log.1'));
    child.process.kill('SIGHUP');
    await child.writes(child.stdout.length + 500_000);
    child.process.kill('SIGTERM');
    expect(await child.end()).toBe(0);
    expect(child.stderr).not.toContain('cannot');
    expect(statSync(join(cwd, 'log')).size).toBeGreaterThan(0);
  });

  it('ends when its terminal hangs up', async () => {
    const cwd = newFolder();
    execFileSync('mkfifo', [join(cwd, 'open')]);
    const gone = once(createReadStream(join(cwd, 'open')).resume(), 'close');
    const child = shell("exec script -qec '$TOOL --rows 100 -f log 2> said 3> open' /dev/null", {
      cwd,
    });
    await child.prints(' 99 abc');
    child.process.kill('SIGKILL');
    await gone;
    const said = readFileSync(join(cwd, 'said'), 'utf8');
    expect(said).toBe('fixture: tracing, logging to log; Ctrl-C to end\n100 events, 0 lost\n');
  });
});

describe('full disk', () => {
  it.each([
    ['> /dev/full', 'cannot write to standard output: ENOSPC\n  make room'],
    ['-f /dev/full > /dev/null', 'cannot write to /dev/full: ENOSPC\n  make room'],
  ])('%s is one clear line', async (where, message) => {
    const child = shell(`$TOOL --forever -o json ${where}`);
    expect(await child.end()).toBe(1);
    expect(child.stderr).toContain(message);
    expect(child.stderr).not.toContain('    at ');
  });

  it('leaves no partial line', async (context) => {
    requireKernel(context, lacksRoot());
    const cwd = newFolder();
    const mount = 'mkdir small && mount -t tmpfs -o size=64k none small';
    const child = shell(
      `exec unshare -m bash -c '${mount} && { $TOOL --forever -f small/log > /dev/null; code=$?; cp small/log copy; exit $code; }'`,
      { cwd },
    );
    expect(await child.end()).toBe(1);
    expect(child.stderr).toContain('cannot write to small/log: ENOSPC');
    const copy = readFileSync(join(cwd, 'copy'), 'utf8');
    expect(copy.length).toBeGreaterThan(60_000);
    expect(copy.endsWith('}\n')).toBe(true);
    for (const line of lines(copy)) JSON.parse(line);
  });

  it('does not write where another user points a link', async () => {
    const cwd = newFolder();
    writeFileSync(join(cwd, 'target'), '');
    symlinkSync('target', join(cwd, 'own'));
    const own = start('--rows 1 --max-events 1 -f own', { cwd });
    expect(await own.end()).toBe(0);
    expect(readFileSync(join(cwd, 'target'), 'utf8')).toContain('"pid":0');
    if (!isRoot) return;
    symlinkSync('target', join(cwd, 'other'));
    execFileSync('chown', ['-h', '65534', join(cwd, 'other')]);
    const other = start('--rows 1 --max-events 1 -f other', { cwd });
    expect(await other.end()).toBe(1);
    expect(other.stderr).toContain('cannot open log file other: a symbolic link of user 65534');
  });
});
