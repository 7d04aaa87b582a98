// The CSV that the page gives away: RFC 4180, and nothing in it that a spreadsheet runs.
import { expect, it } from 'vitest';
import { csv } from './downloads.js';

it('quotes what must be quoted, keeps figures figures, and disarms formulas', () => {
  const rows = [
    ['point', 'label', 'rate'],
    ['p01', '=cmd|"/c calc"!A1', -1.5],
    ['+p02', 'a,b\r\nc', null],
  ];
  expect(csv(rows)).toBe(
    `point,label,rate\r\np01,"'=cmd|""/c calc""!A1",-1.5\r\n'+p02,"a,b\r\nc",\r\n`,
  );
});
