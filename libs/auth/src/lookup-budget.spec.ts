import { LookupBudget } from './lookup-budget';

describe('look-ups before the rate limit', () => {
  let now = 0;
  const budget = new LookupBudget(() => now);
  const spend = (address: string, times: number): number =>
    Array.from({ length: times }, () => budget.spend(address)).filter(Boolean).length;

  beforeEach(() => (now += 1_000));

  it('are ten a second for one address', () => {
    expect(spend('203.0.113.7', 1_000)).toBe(10);
    now += 1_000;
    expect(spend('203.0.113.7', 1_000)).toBe(10);
  });

  it('are fifty a second for all of them', () => {
    const given = Array.from({ length: 100 }, (_, index) => spend(`198.51.100.${index}`, 1));
    expect(given.filter((times) => times === 1)).toHaveLength(50);
  });
});
