import { stemmer as arabic } from '@orama/stemmers/arabic';
import { stemmer as armenian } from '@orama/stemmers/armenian';
import { stemmer as danish } from '@orama/stemmers/danish';
import { stemmer as dutch } from '@orama/stemmers/dutch';
import { stemmer as english } from '@orama/stemmers/english';
import { stemmer as finnish } from '@orama/stemmers/finnish';
import { stemmer as french } from '@orama/stemmers/french';
import { stemmer as german } from '@orama/stemmers/german';
import { stemmer as greek } from '@orama/stemmers/greek';
import { stemmer as hungarian } from '@orama/stemmers/hungarian';
import { stemmer as hindi } from '@orama/stemmers/indian';
import { stemmer as indonesian } from '@orama/stemmers/indonesian';
import { stemmer as irish } from '@orama/stemmers/irish';
import { stemmer as italian } from '@orama/stemmers/italian';
import { stemmer as lithuanian } from '@orama/stemmers/lithuanian';
import { stemmer as nepali } from '@orama/stemmers/nepali';
import { stemmer as norwegian } from '@orama/stemmers/norwegian';
import { stemmer as portuguese } from '@orama/stemmers/portuguese';
import { stemmer as romanian } from '@orama/stemmers/romanian';
import { stemmer as russian } from '@orama/stemmers/russian';
import { stemmer as serbian } from '@orama/stemmers/serbian';
import { stemmer as spanish } from '@orama/stemmers/spanish';
import { stemmer as swedish } from '@orama/stemmers/swedish';
import { stemmer as tamil } from '@orama/stemmers/tamil';
import { stemmer as turkish } from '@orama/stemmers/turkish';

const STEMMERS = {
  arabic,
  armenian,
  danish,
  dutch,
  english,
  finnish,
  french,
  german,
  greek,
  hindi,
  hungarian,
  indonesian,
  irish,
  italian,
  lithuanian,
  nepali,
  norwegian,
  portuguese,
  romanian,
  russian,
  serbian,
  spanish,
  swedish,
  tamil,
  turkish,
  /** Unknown, mixed, or one without a stemmer: words are compared as they stand. */
  simple: undefined,
} satisfies Record<string, ((word: string) => string) | undefined>;

export type Language = keyof typeof STEMMERS;
export const LANGUAGES = Object.keys(STEMMERS) as readonly Language[];

export function isLanguage(name: string): name is Language {
  return Object.hasOwn(STEMMERS, name);
}

/** A stem takes microseconds, and a text repeats its words: without this the stemmers are most of an analysis. */
const REMEMBERED_STEMS = 20_000;
const remembered = new Map<Language, Map<string, string>>();

/** @param word folded, of letters alone */
export function stem(word: string, language: Language): string {
  const stemmer = STEMMERS[language];
  if (stemmer === undefined || word.length < 3) return word;
  const stems = remembered.get(language) ?? new Map<string, string>();
  remembered.set(language, stems);
  const known = stems.get(word);
  if (known !== undefined) return known;
  const stemmed = stemmer(word) || word;
  if (stems.size >= REMEMBERED_STEMS) stems.clear();
  stems.set(word, stemmed);
  return stemmed;
}
