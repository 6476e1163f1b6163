import { detectLanguage } from './detect-language';

describe('detectLanguage', () => {
  it.each([
    ['english', 'The lighthouse keeper climbed the stairs every evening to light the lamp above the bay.'],
    ['german', 'Die alten Häuser der Stadt wurden nach dem Krieg mit viel Mühe wieder aufgebaut.'],
    ['french', 'Le boulanger prépare son levain chaque soir avant de fermer sa petite boutique.'],
    ['russian', 'Зимой пчёлы собираются в клуб и согревают матку, дрожа крыльями.'],
    ['greek', 'Η θάλασσα ήταν ήρεμη και τα ψαράδικα γύρισαν νωρίς στο λιμάνι.'],
    ['spanish', 'El agricultor mide la acidez del suelo antes de sembrar los tomates en primavera.'],
    ['turkish', 'Güneş doğmadan önce balıkçılar denize açıldı ve ağlarını topladılar.'],
  ])('reads %s as such', async (language, text) => expect(await detectLanguage(text)).toBe(language));

  it.each(['海の波は静かで、船はゆっくりと港に入った。', '0001 0002 0003', '{"a":1}', ''])(
    'leaves %j as it stands',
    async (text) => expect(await detectLanguage(text)).toBe('simple'),
  );
});
