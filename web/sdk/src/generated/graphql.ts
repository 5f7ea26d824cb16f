/* eslint-disable */
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
/** 一项填写。 One answer. */
export type AnswerInput = {
  /** 数据元编号。 Element ID. */
  field: string;
  /** 值。 The value. */
  value?: unknown;
};

/** 办件状态。 Where a case stands. */
export type CaseState =
  /** 已受理。 Accepted. */
  | 'ACCEPTED'
  /** 已办结。 Completed. */
  | 'COMPLETED'
  /** 草稿。 Draft. */
  | 'DRAFT'
  /** 办理中。 In progress. */
  | 'IN_PROGRESS'
  /** 不予受理。 Not accepted. */
  | 'NOT_ACCEPTED'
  /** 部分办结。 Completed in part. */
  | 'PARTIALLY_COMPLETED'
  /** 预审中。 Pre-review. */
  | 'PRE_REVIEW'
  /** 不予办理。 Rejected. */
  | 'REJECTED'
  /** 已退回。 Returned. */
  | 'RETURNED'
  /** 已提交。 Submitted. */
  | 'SUBMITTED'
  /** 已终止。 Terminated. */
  | 'TERMINATED'
  /** 已撤回。 Withdrawn. */
  | 'WITHDRAWN';

/** 渠道。 Where a case comes from. */
export type Channel =
  /** 代办。 Agent. */
  | 'AGENT'
  /** 手机应用。 App. */
  | 'APP'
  /** 网页。 Web. */
  | 'WEB'
  /** 窗口。 Window. */
  | 'WINDOW';

/** 一份承诺补交的材料。 A paper promised for later. */
export type GapInput = {
  /** 承诺补交日，不晚于承诺办结日。 The day promised, not after the case's promised day. */
  by: string;
  /** 材料编号。 Material code. */
  material: string;
};

/** 事项办件状态。 Where an item stands. */
export type ItemState =
  /** 已办成。 Approved. */
  | 'APPROVED'
  /** 前置事项未办成。 A matter it depends on was not granted. */
  | 'BLOCKED'
  /** 待补正，计时停止。 Returned for correction; the clock stands. */
  | 'CORRECTION'
  /** 已送达。 Delivered. */
  | 'DELIVERED'
  /** 已送出待确认。 Sent, not confirmed. */
  | 'DISPATCHED'
  /** 待送出。 Queued for its department. */
  | 'READY'
  /** 部门已收。 The department has it. */
  | 'RECEIVED'
  /** 不予办理。 Rejected. */
  | 'REJECTED'
  /** 中止，计时停止。 Suspended; the clock stands. */
  | 'SUSPENDED'
  /** 逾期未补正，已终止。 Not put right in time. */
  | 'TERMINATED'
  /** 等前置事项。 Waiting for another matter. */
  | 'WAITING'
  /** 已撤回。 Withdrawn. */
  | 'WITHDRAWN';

/** 通知状态。 State of a notification. */
export type NotificationState =
  /** 已转人工。 Handed to a person. */
  | 'HANDED_OVER'
  /** 待发。 Queued. */
  | 'QUEUED'
  /** 已读。 Read. */
  | 'READ'
  /** 已发。 Sent. */
  | 'SENT'
  /** 作废。 Void. */
  | 'VOID';

/** 已读的通知。 Which notifications. */
export type ReadNotificationsInput = {
  /** 编号。 IDs. */
  ids: Array<string>;
};

/** 提交内容。 What is submitted. */
export type SubmitCaseInput = {
  /** 本人填写的内容。 What the person typed. */
  answers: Array<AnswerInput>;
  /** 渠道。 Channel. */
  channel?: Channel | null | undefined;
  /** 告知承诺：以书面承诺代替的材料。 Papers replaced by a signed commitment. */
  commitments?: Array<string> | null | undefined;
  /** 由哪份草稿提交。 The draft it comes from. */
  draftId?: string | null | undefined;
  /** 容缺受理：承诺补交的次要材料。 Minor papers promised for later (acceptance with gaps). */
  gaps?: Array<GapInput> | null | undefined;
  /** 幂等键，8 至 120 个可见字符。 Idempotency key, 8 to 120 visible characters. */
  idempotencyKey: string;
  /** 事项编号；不填为全部可办和应办。 Matters by code or slug; all that may or must be filed if left out. */
  matters?: Array<string> | null | undefined;
  /** 退役军人。 The veteran. */
  veteranId: string;
};

/** 补正内容。 An answer to a return. */
export type SupplementItemInput = {
  /** 改正后的填写内容，仅限被退回的。 Corrected answers, of reopened fields only. */
  answers?: Array<AnswerInput> | null | undefined;
  /** 事项办件。 The item. */
  itemId: string;
  /** 重新提交的材料编号。 Papers handed in again. */
  materials?: Array<string> | null | undefined;
};

/** 能不能办。 Whether a matter may be filed. */
export type Verdict =
  /** 可办。 Every condition holds. */
  | 'ELIGIBLE'
  /** 不可办。 At least one fails. */
  | 'INELIGIBLE'
  /** 待部门认定。 None fails, some depend on facts not told yet. */
  | 'UNCERTAIN';

/** 预警。 How near the promised day. */
export type WarningLevel =
  /** 正常。 None. */
  | 'NONE'
  /** 红牌：已超期。 Red: past it. */
  | 'RED'
  /** 黄牌：临近期限。 Yellow: near. */
  | 'YELLOW';

/** 撤回办件。 Which case to take back. */
export type WithdrawCaseInput = {
  /** 办件。 The case. */
  caseId: string;
  /** 原因。 Why. */
  reason?: string | null | undefined;
};

export type CaseQueryVariables = Exact<{
  id: string;
}>;


export type CaseQuery = { case: { id: string, number: string, state: CaseState, acceptedOn: string | null, dueOn: string | null, dueProvisional: boolean, warning: WarningLevel, clock: { left: number, stopped: boolean } | null, items: Array<{ id: string, state: ItemState, dueOn: string, matter: { code: string, name: { zh: string, en: string } }, department: { code: string, name: { zh: string, en: string } }, corrections: Array<{ round: number, words: string | null, dueOn: string, defects: Array<{ words: string, field: { id: string, name: { zh: string, en: string } } | null, material: { name: { zh: string, en: string } } | null }> }> }>, timeline: Array<{ id: string, at: string, kind: string, from: string | null, to: string | null, matter: { code: string, name: { zh: string, en: string } } | null }>, feedbackSheet: { number: string, complete: boolean, lines: Array<{ state: ItemState, number: string | null, words: string | null, matter: { name: { zh: string, en: string } }, nextStep: { zh: string, en: string } | null, remedy: { zh: string, en: string } | null }> } } };

export type HomeQueryVariables = Exact<{ [key: string]: never; }>;


export type HomeQuery = { me: { kind: string, veteran: { id: string, name: string, division: { fullName: string }, notifications: Array<{ id: string, state: NotificationState, createdAt: string, title: { zh: string, en: string }, body: { zh: string, en: string }, case: { id: string, number: string } | null }>, cases: { nodes: Array<{ id: string, number: string, state: CaseState, dueOn: string | null, warning: WarningLevel, items: Array<{ state: ItemState, matter: { code: string, name: { zh: string, en: string } } }> }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } } | null } };

export type PlanQueryVariables = Exact<{
  veteran: string;
  matters?: Array<string> | string | null | undefined;
}>;


export type PlanQuery = { plan: { totals: { matters: number, before: { days: number, materials: number, steps: number, visits: number }, after: { days: number, materials: number, steps: number, visits: number } }, promisedOn: { day: string, provisional: boolean }, matters: Array<{ verdict: Verdict, selected: boolean, finishDay: number, matter: { code: string, name: { zh: string, en: string }, department: { code: string, name: { zh: string, en: string } } }, reasons: Array<{ words: { zh: string, en: string } }> }>, materials: { kept: Array<{ name: { zh: string, en: string }, why: { zh: string, en: string } }>, dropped: Array<{ name: { zh: string, en: string }, words: { zh: string, en: string } }> }, form: { counts: { blanks: number, distinct: number, typed: number, known: number }, sections: Array<{ group: string, name: { zh: string, en: string }, fields: Array<{ id: string, type: string, codes: string | null, required: boolean, readOnly: boolean, when: string | null, value: unknown, source: string | null, name: { zh: string, en: string }, why: { zh: string, en: string } }> }> } } };

export type CaseProgressSubscriptionVariables = Exact<{
  id: string;
}>;


export type CaseProgressSubscription = { caseProgress: { ended: number, total: number, over: boolean, entries: Array<{ id: string, at: string, kind: string, to: string | null, matter: { code: string, name: { zh: string, en: string } } | null }>, case: { id: string, state: CaseState, items: Array<{ id: string, state: ItemState }> } } };

export type ReadNotificationsMutationVariables = Exact<{
  input: ReadNotificationsInput;
}>;


export type ReadNotificationsMutation = { readNotifications: { notifications: Array<{ id: string, state: NotificationState }> } };

export type SubmitCaseMutationVariables = Exact<{
  input: SubmitCaseInput;
}>;


export type SubmitCaseMutation = { submitCase: { replayed: boolean, case: { id: string, number: string, state: CaseState, dueOn: string | null } | null, receipt: { number: string } | null, problems: Array<{ field: string, reason: string, matters: Array<{ code: string }>, message: { zh: string, en: string } }> } };

export type SupplementItemMutationVariables = Exact<{
  input: SupplementItemInput;
}>;


export type SupplementItemMutation = { supplementItem: { item: { id: string, state: ItemState }, problems: Array<{ field: string, reason: string, message: { zh: string, en: string } }> } };

export type WithdrawCaseMutationVariables = Exact<{
  input: WithdrawCaseInput;
}>;


export type WithdrawCaseMutation = { withdrawCase: { case: { id: string, state: CaseState } } };

export class TypedDocumentString<TResult, TVariables>
  extends String
  implements DocumentTypeDecoration<TResult, TVariables>
{
  __apiType?: NonNullable<DocumentTypeDecoration<TResult, TVariables>['__apiType']>;
  private value: string;
  public __meta__?: Record<string, any> | undefined;

  constructor(value: string, __meta__?: Record<string, any> | undefined) {
    super(value);
    this.value = value;
    this.__meta__ = __meta__;
  }

  override toString(): string & DocumentTypeDecoration<TResult, TVariables> {
    return this.value;
  }
}

export const CaseDocument = new TypedDocumentString(`
    query Case($id: ID!) {
  case(id: $id) {
    id
    number
    state
    acceptedOn
    dueOn
    dueProvisional
    warning
    clock {
      left
      stopped
    }
    items {
      id
      state
      dueOn
      matter {
        code
        name {
          zh
          en
        }
      }
      department {
        code
        name {
          zh
          en
        }
      }
      corrections {
        round
        words
        dueOn
        defects {
          words
          field {
            id
            name {
              zh
              en
            }
          }
          material {
            name {
              zh
              en
            }
          }
        }
      }
    }
    timeline {
      id
      at
      kind
      from
      to
      matter {
        code
        name {
          zh
          en
        }
      }
    }
    feedbackSheet {
      number
      complete
      lines {
        state
        number
        words
        matter {
          name {
            zh
            en
          }
        }
        nextStep {
          zh
          en
        }
        remedy {
          zh
          en
        }
      }
    }
  }
}
    `, {"hash":"sha256:be679ebfbeab462b8a674b5d060647117ab8af2258127872ca045c0f35b8153b"}) as unknown as TypedDocumentString<CaseQuery, CaseQueryVariables>;
export const HomeDocument = new TypedDocumentString(`
    query Home {
  me {
    kind
    veteran {
      id
      name
      division {
        fullName
      }
      notifications(first: 10) {
        id
        title {
          zh
          en
        }
        body {
          zh
          en
        }
        state
        createdAt
        case {
          id
          number
        }
      }
      cases(first: 10) {
        nodes {
          id
          number
          state
          dueOn
          warning
          items {
            state
            matter {
              code
              name {
                zh
                en
              }
            }
          }
        }
        pageInfo {
          hasNextPage
          endCursor
        }
      }
    }
  }
}
    `, {"hash":"sha256:3b168d35c0cb32a0f10c8f4e942a162e28e84c7310d3446f4673d855a833d42d"}) as unknown as TypedDocumentString<HomeQuery, HomeQueryVariables>;
export const PlanDocument = new TypedDocumentString(`
    query Plan($veteran: ID!, $matters: [ID!]) {
  plan(input: {veteranId: $veteran, matters: $matters}) {
    totals {
      matters
      before {
        days
        materials
        steps
        visits
      }
      after {
        days
        materials
        steps
        visits
      }
    }
    promisedOn {
      day
      provisional
    }
    matters {
      matter {
        code
        name {
          zh
          en
        }
        department {
          code
          name {
            zh
            en
          }
        }
      }
      verdict
      selected
      reasons {
        words {
          zh
          en
        }
      }
      finishDay
    }
    materials {
      kept {
        name {
          zh
          en
        }
        why {
          zh
          en
        }
      }
      dropped {
        name {
          zh
          en
        }
        words {
          zh
          en
        }
      }
    }
    form {
      counts {
        blanks
        distinct
        typed
        known
      }
      sections {
        group
        name {
          zh
          en
        }
        fields {
          id
          name {
            zh
            en
          }
          type
          codes
          required
          readOnly
          when
          why {
            zh
            en
          }
          value
          source
        }
      }
    }
  }
}
    `, {"hash":"sha256:f74d823f1b3a95f24da344497f4c95dd74a2c05142417c581c47a52158dfa4e8"}) as unknown as TypedDocumentString<PlanQuery, PlanQueryVariables>;
export const CaseProgressDocument = new TypedDocumentString(`
    subscription CaseProgress($id: ID!) {
  caseProgress(id: $id) {
    ended
    total
    over
    entries {
      id
      at
      kind
      to
      matter {
        code
        name {
          zh
          en
        }
      }
    }
    case {
      id
      state
      items {
        id
        state
      }
    }
  }
}
    `, {"hash":"sha256:7146c34829d3d4ff003bea736d8600205880afb9967f8ec54da5e9c8fb1f18e2"}) as unknown as TypedDocumentString<CaseProgressSubscription, CaseProgressSubscriptionVariables>;
export const ReadNotificationsDocument = new TypedDocumentString(`
    mutation ReadNotifications($input: ReadNotificationsInput!) {
  readNotifications(input: $input) {
    notifications {
      id
      state
    }
  }
}
    `, {"hash":"sha256:e5d28ef2ef1524672c62f2ecc6209b20be9c027874a6c3b565d5f95386228e82"}) as unknown as TypedDocumentString<ReadNotificationsMutation, ReadNotificationsMutationVariables>;
export const SubmitCaseDocument = new TypedDocumentString(`
    mutation SubmitCase($input: SubmitCaseInput!) {
  submitCase(input: $input) {
    case {
      id
      number
      state
      dueOn
    }
    replayed
    receipt {
      number
    }
    problems {
      field
      matters {
        code
      }
      reason
      message {
        zh
        en
      }
    }
  }
}
    `, {"hash":"sha256:f73e66ed041e570715964586da05095aa89902b68ad987899d788460896afcfc"}) as unknown as TypedDocumentString<SubmitCaseMutation, SubmitCaseMutationVariables>;
export const SupplementItemDocument = new TypedDocumentString(`
    mutation SupplementItem($input: SupplementItemInput!) {
  supplementItem(input: $input) {
    item {
      id
      state
    }
    problems {
      field
      reason
      message {
        zh
        en
      }
    }
  }
}
    `, {"hash":"sha256:f7e275477ee9b7f783f5e7111e452d2a0b43e563cd221b4dbf4aef90cddc600e"}) as unknown as TypedDocumentString<SupplementItemMutation, SupplementItemMutationVariables>;
export const WithdrawCaseDocument = new TypedDocumentString(`
    mutation WithdrawCase($input: WithdrawCaseInput!) {
  withdrawCase(input: $input) {
    case {
      id
      state
    }
  }
}
    `, {"hash":"sha256:74206364f5846de8f5d434d0fe484c2d4fe2c9f2e656fa4d663df3f19c820169"}) as unknown as TypedDocumentString<WithdrawCaseMutation, WithdrawCaseMutationVariables>;