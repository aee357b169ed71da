import type { ErrorCode } from 'yaml';

interface Words {
  found: string;
  expected: string;
  fix?: string;
}

const quote = 'put text with special characters into quotes';

/** The library's own messages quote the file, which might quote a secret: its codes are put into words here. */
const words: Partial<Record<ErrorCode, Words>> = {
  ALIAS_PROPS: { found: 'an alias with an anchor or tag', expected: 'an alias alone' },
  BAD_ALIAS: { found: 'an alias without its anchor', expected: 'an anchor before it', fix: quote },
  BAD_COLLECTION_TYPE: { found: 'a tag that does not fit what it stands before', expected: 'no tag' },
  BAD_DIRECTIVE: { found: 'a directive that is not known', expected: 'YAML 1.2' },
  BAD_DQ_ESCAPE: {
    found: 'an escape that does not exist',
    expected: 'an escape of YAML 1.2',
    fix: 'use single quotes',
  },
  BAD_INDENT: { found: 'wrong indentation', expected: 'the indentation of the fields around it' },
  BAD_PROP_ORDER: { found: 'an anchor or tag in the wrong place', expected: 'it right before its value' },
  BAD_SCALAR_START: { found: 'text that starts with a reserved character', expected: 'plain text', fix: quote },
  BLOCK_AS_IMPLICIT_KEY: { found: 'a mapping within a line', expected: 'it on lines of its own', fix: quote },
  BLOCK_IN_FLOW: { found: 'an indented block within brackets', expected: 'values separated by commas' },
  DUPLICATE_KEY: { found: 'a field name that stands here twice', expected: 'each field once' },
  KEY_OVER_1024_CHARS: { found: 'a field name of more than 1024 characters', expected: 'a shorter one' },
  MISSING_CHAR: { found: 'a missing character', expected: 'a closing quote or bracket, a colon, a comma or a space' },
  MULTILINE_IMPLICIT_KEY: { found: 'a field name over several lines', expected: 'a name and a colon on one line' },
  MULTIPLE_ANCHORS: { found: 'two anchors', expected: 'one' },
  MULTIPLE_DOCS: { found: 'a second document', expected: 'one document in a file', fix: 'take the `---` away' },
  MULTIPLE_TAGS: { found: 'two tags', expected: 'one' },
  NON_STRING_KEY: { found: 'a field name that is no text', expected: 'a name' },
  RESOURCE_EXHAUSTION: { found: 'a document that is nested too deeply', expected: 'fewer levels' },
  TAB_AS_INDENT: { found: 'a tab as indentation', expected: 'spaces' },
  TAG_RESOLVE_FAILED: { found: 'a tag', expected: 'plain values', fix: 'take the tag (`!...`) away' },
  UNEXPECTED_TOKEN: { found: 'something that YAML does not allow here', expected: 'a field or the end', fix: quote },
};

export function syntaxWords(code: ErrorCode): Words {
  return words[code] ?? { found: 'something that is not YAML', expected: 'YAML 1.2' };
}
