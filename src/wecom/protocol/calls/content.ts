/** The pieces that messages are made of; limits in bytes of UTF-8 unless it says characters. */

export interface MediaRef {
  readonly media_id: string
}
export interface TextPart {
  readonly content: string
}
export interface NewsArticle {
  /** Up to 128. */
  readonly title: string
  /** Up to 512. */
  readonly description?: string
  readonly url?: string
  readonly picurl?: string
  /** With `pagepath`, in place of `url`. */
  readonly appid?: string
  readonly pagepath?: string
}
export interface News {
  /** One to eight. */
  readonly articles: readonly NewsArticle[]
}

interface CardAction {
  /** 0 none, 1 an address, 2 a mini-program. */
  readonly type: 0 | 1 | 2
  readonly url?: string
  readonly appid?: string
  readonly pagepath?: string
}
interface CardOption {
  readonly id: string
  readonly text: string
  readonly is_checked?: boolean
}
interface CardSelect {
  readonly question_key: string
  readonly title?: string
  readonly selected_id?: string
  readonly disable?: boolean
  /** One to ten. */
  readonly option_list: readonly CardOption[]
}

/** A template card (WECOM.md §4.1); which parts a card has depends on its type. */
export interface TemplateCard {
  readonly card_type:
    'text_notice' | 'news_notice' | 'button_interaction' | 'vote_interaction' | 'multiple_interaction'
  readonly source?: {
    readonly icon_url?: string
    readonly desc?: string
    readonly desc_color?: 0 | 1 | 2 | 3
  }
  /** One to three. */
  readonly action_menu?: {
    readonly desc?: string
    readonly action_list: readonly { readonly text: string; readonly key: string }[]
  }
  /** Unique in the app: letters, digits and `_-@`, up to 128. */
  readonly task_id?: string
  readonly main_title?: { readonly title?: string; readonly desc?: string }
  readonly quote_area?: CardAction & { readonly title?: string; readonly quote_text?: string }
  readonly emphasis_content?: { readonly title?: string; readonly desc?: string }
  readonly sub_title_text?: string
  /** Up to six. */
  readonly horizontal_content_list?: readonly {
    readonly keyname: string
    readonly value?: string
    readonly type?: 0 | 1 | 2 | 3
    readonly url?: string
    readonly media_id?: string
    readonly userid?: string
  }[]
  /** Up to four. */
  readonly vertical_content_list?: readonly { readonly title: string; readonly desc?: string }[]
  /** Up to three. */
  readonly jump_list?: readonly (CardAction & { readonly title: string })[]
  /** Required by text_notice and news_notice. */
  readonly card_action?: CardAction
  readonly card_image?: { readonly url: string; readonly aspect_ratio?: number }
  readonly image_text_area?: CardAction & {
    readonly title?: string
    readonly desc?: string
    readonly image_url: string
  }
  readonly button_selection?: CardSelect
  /** Up to six. */
  readonly button_list?: readonly {
    readonly text: string
    readonly style?: 1 | 2 | 3 | 4
    readonly type?: 0 | 1
    readonly key?: string
    readonly url?: string
  }[]
  readonly checkbox?: {
    readonly question_key: string
    /** One to twenty. */
    readonly option_list: readonly CardOption[]
    readonly disable?: boolean
    /** 0 one, 1 several. */
    readonly mode?: 0 | 1
  }
  /** Up to three. */
  readonly select_list?: readonly CardSelect[]
  readonly submit_button?: { readonly text: string; readonly key: string }
  /** Shown in place of the buttons once somebody has pressed. */
  readonly replace_text?: string
}
