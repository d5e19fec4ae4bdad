import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hours } from '../base/clock.ts'
import { receive } from './callback.ts'
import { memberIds, selectedOptions } from './protocol/parse.ts'
import { scanFields } from './protocol/scan.ts'

const inbox = { corpId: 'ww1', agentId: '1000002' }
const at = 1_763_700_000
const body = (inner: string): string =>
  `<xml><ToUserName><![CDATA[ww1]]></ToUserName><FromUserName><![CDATA[sys]]></FromUserName><CreateTime>${String(at)}</CreateTime>${inner}</xml>`
const event = (name: string, inner: string): string =>
  body(`<MsgType><![CDATA[event]]></MsgType><Event><![CDATA[${name}]]></Event>${inner}`)
const taken = (xml: string, now = at * 1000) => receive(inbox, xml, now)?.happening

describe('scanning', () => {
  const check = (xml: string, expected: Record<string, string> | null): void => {
    const fields = scanFields(xml)
    expect(fields === null ? null : Object.fromEntries(fields)).toEqual(expected)
  }

  it('reads CDATA and plain text, blanks, an XML declaration, and closing tags with blanks', () => {
    check('\ufeff \n<?xml version="1.0"?>\n<xml >\n <A><![CDATA[1 2]]></A>\n<B> x &amp; y </B></xml >\n', {
      A: '1 2',
      B: ' x & y ',
    })
    check('<xml><A/><B></B><A>second</A></xml>', { A: '', B: '' })
    check('<xml><L><Item>a</Item><Item><![CDATA[b]]></Item></L></xml>', {
      L: '<Item>a</Item><Item><![CDATA[b]]></Item>',
    })
  })

  it('does not take for fields what a person wrote', () => {
    check('<xml><C><![CDATA[<D>1</D></xml><!DOCTYPE x>]]></C><D>2</D></xml>', {
      C: '<D>1</D></xml><!DOCTYPE x>',
      D: '2',
    })
  })

  it('refuses what is not a callback of WeCom', () => {
    for (const xml of [
      '',
      'hello',
      '<!DOCTYPE xml><xml></xml>',
      '<?xml version="1.0"?><!DOCTYPE xml [<!ENTITY a "b">]><xml><A>&a;</A></xml>',
      '<!-- --><xml></xml>',
      '<xml><!ENTITY a "b"><A>&a;</A></xml>',
      '<xml><A>1</A>',
      '<xml><A>1</xml>',
      '<xml><A><![CDATA[1</A></xml>',
      '<xml></xml><xml></xml>',
      '<xml a="1"></xml>',
      '<html></html>',
      `<xml>${'<A>'.repeat(9)}${'</A>'.repeat(9)}</xml>`,
    ])
      check(xml, null)
  })

  it('never throws and stays quick, whatever it is given', () => {
    const pieces = fc.constantFrom(
      '<xml>',
      '</xml>',
      '<A>',
      '</A>',
      '<![CDATA[',
      ']]>',
      '<',
      '>',
      'x',
      '&amp;',
      ' ',
      '<!',
    )
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(pieces, { maxLength: 60 }).map((p) => p.join('')),
        ),
        (xml) => {
          const fields = scanFields(xml)
          expect(fields === null || fields instanceof Map).toBe(true)
        },
      ),
      { numRuns: 5_000 },
    )
    const startedAt = performance.now()
    expect(scanFields(`<xml>${'<A>'.repeat(20_000)}`)).toBeNull()
    expect(scanFields(`<xml><A>${'<![CDATA[]]>'.repeat(5_000)}</A></xml>`)).not.toBeNull()
    expect(performance.now() - startedAt).toBeLessThan(500)
  })
})

describe('a callback becomes one happening', () => {
  it('a new contact, with everything the welcome needs', () => {
    const xml = event(
      'change_external_contact',
      '<ChangeType><![CDATA[add_external_contact]]></ChangeType><UserID>lin</UserID><ExternalUserID>wmA</ExternalUserID><State>s1</State><WelcomeCode>code</WelcomeCode>',
    )
    expect(taken(xml)).toMatchObject({
      kind: 'contact-added',
      at: at * 1000,
      source: 'wecom:ww1:1000002',
      who: { external: 'wmA', staff: 'lin' },
      detail: { ChangeType: 'add_external_contact', State: 's1', WelcomeCode: 'code' },
    })
  })

  it('has the kind its event says', () => {
    const kind = (xml: string): string | undefined => taken(xml)?.kind
    const contact = (type: string): string =>
      event('change_external_contact', `<ChangeType>${type}</ChangeType>`)
    const chat = (inner: string): string => event('change_external_chat', `<ChatId>wr1</ChatId>${inner}`)
    expect(
      [
        contact('add_half_external_contact'),
        contact('edit_external_contact'),
        contact('del_external_contact'),
        contact('del_follow_user'),
        contact('transfer_fail'),
        chat('<ChangeType>create</ChangeType>'),
        chat('<ChangeType>dismiss</ChangeType>'),
        chat('<ChangeType>update</ChangeType><UpdateDetail>add_member</UpdateDetail>'),
        chat('<ChangeType>update</ChangeType><UpdateDetail>del_member</UpdateDetail>'),
        chat('<ChangeType>update</ChangeType><UpdateDetail>change_name</UpdateDetail>'),
        event('change_external_tag', ''),
        event('template_card_event', ''),
        event('kf_msg_or_event', ''),
        event('change_contact', ''),
        body('<MsgType>text</MsgType><Content>hi</Content>'),
      ].map(kind),
    ).toEqual([
      'contact-added',
      'contact-edited',
      'contact-removed',
      'contact-removed',
      'wecom-event',
      'group-created',
      'group-dismissed',
      'group-joined',
      'group-left',
      'group-changed',
      'corp-tag-changed',
      'card-clicked',
      'kf-changed',
      'wecom-event',
      'staff-said',
    ])
  })

  it('names the one customer of a group change in both forms, and nobody when there are several', () => {
    const joined = (list: string) =>
      taken(
        event(
          'change_external_chat',
          `<ChangeType>update</ChangeType><UpdateDetail>add_member</UpdateDetail><ChatId>wr1</ChatId><MemChangeList>${list}</MemChangeList>`,
        ),
      )
    expect(joined('<![CDATA[wmA,lin]]>')?.who).toEqual({ external: 'wmA', chat: 'wr1' })
    expect(joined('<Item>wmA</Item>')?.who).toEqual({ external: 'wmA', chat: 'wr1' })
    const several = joined('<Item>wmA</Item><Item><![CDATA[wmB]]></Item>')
    expect(several?.who).toEqual({ chat: 'wr1' })
    expect(memberIds(String(several?.detail['MemChangeList']))).toEqual(['wmA', 'wmB'])
    expect(memberIds('wmA,wmB, lin')).toEqual(['wmA', 'wmB', 'lin'])
    expect(memberIds('<broken')).toEqual([])
  })

  it('keeps a person’s words beside the log and personal fields out of it', () => {
    const said = taken(
      body('<MsgType>text</MsgType><Content><![CDATA[<!DOCTYPE x> 你好]]></Content><MsgId>7</MsgId>'),
    )
    expect(said).toMatchObject({ kind: 'staff-said', said: '<!DOCTYPE x> 你好', detail: { MsgId: '7' } })
    expect(JSON.stringify(said?.detail)).not.toContain('你好')
    const joined = taken(
      event(
        'change_contact',
        '<ChangeType>create_user</ChangeType><Name>张三</Name><Mobile>13800000000</Mobile>',
      ),
    )
    expect(JSON.stringify(joined)).not.toMatch(/张三|138/)
  })

  it('has a key of its own whenever a byte of the body differs, and the same key for the same body', () => {
    const xml = (id: string): string =>
      event('change_external_contact', `<ExternalUserID>${id}</ExternalUserID>`)
    expect(taken(xml('a'))?.sourceKey).toBe(taken(xml('a'), at * 1000 + 5_000)?.sourceKey)
    expect(taken(xml('a'))?.sourceKey).not.toBe(taken(xml('b'))?.sourceKey)
    expect(taken(xml('a'))?.sourceKey).toMatch(new RegExp(`^${at.toString(36)}\\.[0-9a-f]{64}$`))
  })

  it('is refused for another corp, without a time, or when it is no XML; age is judged by the inner time', () => {
    expect(receive(inbox, event('x', '').replace('ww1', 'ww2'), at * 1000)).toBeNull()
    expect(receive(inbox, event('x', '').replace(/<CreateTime>\d+/, '<CreateTime>soon'), 0)).toBeNull()
    expect(receive(inbox, 'success', 0)).toBeNull()
    expect(receive(inbox, event('x', ''), at * 1000 + hours(24))?.old).toBe(false)
    expect(receive(inbox, event('x', ''), at * 1000 + hours(24) + 1)?.old).toBe(true)
    expect(taken(event('x', ''), at * 1000 + hours(1))?.detail).toMatchObject({ offSeconds: 3_600 })
    expect(taken(event('x', ''))?.detail).not.toHaveProperty('offSeconds')
  })

  it('of a card tells what was chosen', () => {
    const raw =
      '<SelectedItem><QuestionKey><![CDATA[q1]]></QuestionKey><OptionIds><OptionId>a</OptionId><OptionId>b</OptionId></OptionIds></SelectedItem>'
    expect(selectedOptions(raw)).toEqual([{ question: 'q1', options: ['a', 'b'] }])
    expect(selectedOptions('nothing')).toEqual([])
  })
})
