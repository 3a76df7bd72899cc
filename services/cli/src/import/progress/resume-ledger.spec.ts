import fc from 'fast-check';
import { Receipt } from '../receipts/receipt';
import { noCounts, type LineTally, type Progress } from './counts';
import { ResumeLedger } from './resume-ledger';

const nothing: LineTally = { excluded: {}, rejectedLines: 0 };
const beginning: Progress = { after: 0, ahead: [], counts: noCounts };
const key = (receipt: string) => ({ store: 's', terminal: 't', receipt });
const receipt = (first: number, last = first, before = nothing) => {
  const opened = new Receipt(key(`r${first}`), '', '', first, before);
  opened.last = last;
  opened.records = last - first + 1;
  return opened;
};

describe('the place to go on from', () => {
  it('comes before the first receipt that is not answered', () => {
    const ledger = new ResumeLedger(beginning);
    const [a, b, c] = [receipt(1, 3), receipt(4, 5), receipt(6, 9)];
    for (const each of [a, b, c]) ledger.opened(each);
    b.settle('accepted');
    expect(ledger.progress(9, nothing)).toMatchObject({ after: 0, counts: { lines: 0 } });
    a.settle('accepted');
    expect(ledger.progress(9, nothing)).toMatchObject({
      after: 5,
      ahead: [],
      sample: key('r4'),
      counts: { lines: 5, receipts: 2, accepted: 2 },
    });
    c.settle('quarantined');
    expect(ledger.progress(9, nothing)).toMatchObject({ after: 9, counts: { lines: 9, receipts: 3, quarantined: 1, quarantinedLines: 4 } });
  });

  it('names the answered receipts with lines beyond it', () => {
    const ledger = new ResumeLedger(beginning);
    const [a, b] = [receipt(1, 3), receipt(2, 4)];
    a.records = 2;
    for (const each of [a, b]) ledger.opened(each);
    a.settle('accepted');
    expect(ledger.progress(4, nothing)).toMatchObject({ after: 1, ahead: [{ ...key('r1'), last: 3 }], counts: { lines: 2 } });
    b.settle('accepted');
    expect(ledger.progress(4, nothing)).toMatchObject({ after: 4, ahead: [] });
  });

  it('lies before all parts of a receipt that was split', () => {
    const ledger = new ResumeLedger(beginning);
    const [a, b] = [receipt(1, 1000), receipt(1001, 1500)];
    a.continuation = b;
    for (const each of [a, b]) ledger.opened(each);
    a.settle('accepted');
    expect(ledger.progress(1500, nothing).after).toBe(0);
    b.settle('accepted');
    expect(ledger.progress(1500, nothing).after).toBe(1500);
  });

  it('counts excluded and rejected lines on its side only, and adds to earlier counts', () => {
    const counts = { ...noCounts, lines: 10, excluded: { bags: 2 }, rejectedLines: 1, linesInReceipts: 7 };
    const ledger = new ResumeLedger({ after: 10, ahead: [], counts });
    const [a, b] = [receipt(11), receipt(16, 16, { excluded: { bags: 1 }, rejectedLines: 3 })];
    for (const each of [a, b]) ledger.opened(each);
    a.settle('rejected');
    const { after, counts: now } = ledger.progress(30, { excluded: { bags: 9 }, rejectedLines: 9 });
    expect([after, now]).toMatchObject([15, { lines: 15, excluded: { bags: 3 }, rejectedLines: 5 }]);
  });

  it('accounts for every line exactly once, whatever the order of lines and answers', () => {
    const owners = fc.array(fc.integer({ min: 0, max: 8 }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(owners, fc.infiniteStream(fc.boolean()), (lines, answered) => {
        const ledger = new ResumeLedger(beginning);
        const receipts = new Map<number, Receipt>();
        lines.forEach((owner, at) => {
          const known = receipts.get(owner) ?? receipt(at + 1, at);
          if (!receipts.has(owner)) ledger.opened(known);
          receipts.set(owner, Object.assign(known, { last: at + 1, records: known.records + 1 }));
        });
        for (const each of receipts.values()) if (answered.next().value) each.settle('accepted');
        const { after, ahead, counts } = ledger.progress(lines.length, nothing);
        const isPassed = (owner: number, at: number) =>
          ahead.some(({ receipt: name, last }) => receipts.get(owner)?.key.receipt === name && at < last);
        const left = lines.filter((owner, at) => at >= after && !isPassed(owner, at));
        expect(left.length + counts.lines).toBe(lines.length);
        // Whatever is read again is read whole: none of its lines lies before.
        for (const owner of left) expect(lines.indexOf(owner)).toBeGreaterThanOrEqual(after);
      }),
    );
  });
});
