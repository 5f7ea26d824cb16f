// Made by npm run generate; not by hand.
import type { TypedDocumentNode as Typed } from '@urql/core'
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
/** 一项填写。 One answer. */
export type AnswerInput = {
  /** 数据元编号。 Element ID. */
  field: string;
  /** 值。 The value. */
  value?: unknown;
};

/** 查哪个办件的空位。 Which case, which days. */
export type AppointmentOptionsInput = {
  /** 办件。 The case. */
  caseId: string;
  /** 从哪天起；不填为最早可去的那天。 From this day; the first that makes sense if left out. */
  from?: string | null | undefined;
  /** 看几个工作日。 How many working days to show. */
  workdays?: number | null | undefined;
};

/** 预约状态。 State of an appointment. */
export type AppointmentState =
  /** 已约。 Booked. */
  | 'BOOKED'
  /** 已取消。 Cancelled. */
  | 'CANCELLED'
  /** 已到。 Kept. */
  | 'KEPT'
  /** 未到。 Missed. */
  | 'MISSED';

/** 预约。 What to book. */
export type BookAppointmentInput = {
  /** 办件。 The case. */
  caseId: string;
  /** 时段。 The slot. */
  slotId: string;
  /** 幂等键，8 至 120 个可见字符。 Idempotency key. */
  idempotencyKey: string;
};

/** 取消。 What to cancel. */
export type CancelAppointmentInput = {
  /** 预约。 The appointment. */
  appointmentId: string;
};

/** 办件状态。 Where a case stands. */
export type CaseState =
  /** 草稿。 Draft. */
  | 'DRAFT'
  /** 预审中。 Pre-review. */
  | 'PRE_REVIEW'
  /** 已退回。 Returned. */
  | 'RETURNED'
  /** 已提交。 Submitted. */
  | 'SUBMITTED'
  /** 不予受理。 Not accepted. */
  | 'NOT_ACCEPTED'
  /** 已受理。 Accepted. */
  | 'ACCEPTED'
  /** 办理中。 In progress. */
  | 'IN_PROGRESS'
  /** 已办结。 Completed. */
  | 'COMPLETED'
  /** 部分办结。 Completed in part. */
  | 'PARTIALLY_COMPLETED'
  /** 不予办理。 Rejected. */
  | 'REJECTED'
  /** 已撤回。 Withdrawn. */
  | 'WITHDRAWN'
  /** 已终止。 Terminated. */
  | 'TERMINATED';

/** 渠道。 Where a case comes from. */
export type Channel =
  /** 网页。 Web. */
  | 'WEB'
  /** 手机应用。 App. */
  | 'APP'
  /** 窗口。 Window. */
  | 'WINDOW'
  /** 代办。 Agent. */
  | 'AGENT';

/** 异议状态。 State of a dispute. */
export type DisputeState =
  /** 待答复。 Open. */
  | 'OPEN'
  /** 成立，已更正。 Upheld; the department corrects. */
  | 'UPHELD'
  /** 不成立。 Rejected. */
  | 'REJECTED'
  /** 已撤回。 Withdrawn. */
  | 'WITHDRAWN';

/** 提出异议。 What to object to. */
export type DisputeValueInput = {
  /** 退役军人。 The veteran. */
  veteranId: string;
  /** 数据元编号。 Element ID. */
  field: string;
  /** 主张的值。 What is right. */
  claim?: unknown;
  /** 理由，必填，500 字以内。 Why, up to 500 characters. */
  reason: string;
};

/** 数据元是否已知。 What is known of an element. */
export type ElementState =
  /** 有值。 There is a value. */
  | 'KNOWN'
  /** 来源确认没有。 The source says there is none. */
  | 'ABSENT'
  /** 还没有人说过。 Nobody has said. */
  | 'UNKNOWN'
  /** 来源说法不一，等主管部门核定；表单不预填。 Sources disagree, and the owner must settle it; forms are not filled from it. */
  | 'CONFLICT'
  /** 该说的部门没有回应，档案里也没有。 The department that would know is silent, and the record has nothing. */
  | 'GAP';

/** 一份承诺补交的材料。 A paper promised for later. */
export type GapInput = {
  /** 材料编号。 Material code. */
  material: string;
  /** 承诺补交日，不晚于承诺办结日。 The day promised, not after the case's promised day. */
  by: string;
};

/** 同意。 What is agreed to. */
export type GrantConsentInput = {
  /** 数据共享的名称代码。 Name of the slice. */
  slice: string;
  /** 读到的是哪一版。 Version that was read. */
  version: number;
};

/** 同意代办。 What a veteran grants. */
export type GrantMandateInput = {
  /** 已有的申请；不填则新建。 The request; a new mandate if left out. */
  mandateId?: string | null | undefined;
  /** 代办人账号，新建时填。 Account that acts, for a new one. */
  agent?: string | null | undefined;
  /** 事项编号，新建时填。 Matters, for a new one. */
  matters?: Array<string> | null | undefined;
  /** 到哪天为止，新建时填。 Last day, for a new one. */
  until?: string | null | undefined;
};

/** 事项办件状态。 Where an item stands. */
export type ItemState =
  /** 等前置事项。 Waiting for another matter. */
  | 'WAITING'
  /** 待送出。 Queued for its department. */
  | 'READY'
  /** 已送出待确认。 Sent, not confirmed. */
  | 'DISPATCHED'
  /** 部门已收。 The department has it. */
  | 'RECEIVED'
  /** 待补正，计时停止。 Returned for correction; the clock stands. */
  | 'CORRECTION'
  /** 中止，计时停止。 Suspended; the clock stands. */
  | 'SUSPENDED'
  /** 已办成。 Approved. */
  | 'APPROVED'
  /** 不予办理。 Rejected. */
  | 'REJECTED'
  /** 前置事项未办成。 A matter it depends on was not granted. */
  | 'BLOCKED'
  /** 已送达。 Delivered. */
  | 'DELIVERED'
  /** 已撤回。 Withdrawn. */
  | 'WITHDRAWN'
  /** 逾期未补正，已终止。 Not put right in time. */
  | 'TERMINATED';

/** 委托状态。 State of a mandate. */
export type MandateState =
  /** 待确认。 Requested. */
  | 'REQUESTED'
  /** 有效。 Active. */
  | 'ACTIVE'
  /** 已到期。 Expired. */
  | 'EXPIRED'
  /** 已撤销。 Revoked. */
  | 'REVOKED'
  /** 未同意。 Refused. */
  | 'REFUSED';

/** 一个事项的评价。 The rating of one matter. */
export type MatterRatingInput = {
  /** 事项编号。 Matter. */
  matter: string;
  /** 等级。 Grade. */
  grade: RatingGrade;
  /** 意见，500 字以内。 Words, up to 500 characters. */
  words?: string | null | undefined;
};

/** 通知状态。 State of a notification. */
export type NotificationState =
  /** 待发。 Queued. */
  | 'QUEUED'
  /** 已发。 Sent. */
  | 'SENT'
  /** 已读。 Read. */
  | 'READ'
  /** 已转人工。 Handed to a person. */
  | 'HANDED_OVER'
  /** 作废。 Void. */
  | 'VOID';

/** 评价内容。 What is rated. */
export type RateCaseInput = {
  /** 办件。 The case. */
  caseId: string;
  /** 各事项的评价。 A grade for each matter rated. */
  ratings: Array<MatterRatingInput>;
};

/** 评价等级。 The five official grades. */
export type RatingGrade =
  /** 非常满意。 Very satisfied. */
  | 'VERY_SATISFIED'
  /** 满意。 Satisfied. */
  | 'SATISFIED'
  /** 基本满意。 Fairly satisfied. */
  | 'FAIRLY_SATISFIED'
  /** 不满意。 Dissatisfied. */
  | 'DISSATISFIED'
  /** 非常不满意。 Very dissatisfied. */
  | 'VERY_DISSATISFIED';

/** 已读的通知。 Which notifications. */
export type ReadNotificationsInput = {
  /** 编号。 IDs. */
  ids: Array<string>;
};

/** 撤销。 Which mandate. */
export type RevokeMandateInput = {
  /** 委托。 The mandate. */
  mandateId: string;
};

/** 草稿内容。 A draft to be saved. */
export type SaveDraftInput = {
  /** 已有草稿；不填为新建。 The draft; a new one if left out. */
  caseId?: string | null | undefined;
  /** 退役军人。 The veteran. */
  veteranId: string;
  /** 事项编号；不填为全部可办和应办。 Matters; all that may or must be filed if left out. */
  matters?: Array<string> | null | undefined;
  /** 填写内容；与已保存的合并，值为空则清除。 Answers; merged into those saved, a null value clears one. */
  answers: Array<AnswerInput>;
  /** 渠道。 Channel. */
  channel?: Channel | null | undefined;
};

/** 数据共享的依据。 What a slice rests on. */
export type SliceBasis =
  /** 法定职责。 A duty that the law gives. */
  | 'STATUTORY_DUTY'
  /** 本人单独同意。 The person's separate consent. */
  | 'CONSENT';

/** 提交内容。 What is submitted. */
export type SubmitCaseInput = {
  /** 幂等键，8 至 120 个可见字符。 Idempotency key, 8 to 120 visible characters. */
  idempotencyKey: string;
  /** 退役军人。 The veteran. */
  veteranId: string;
  /** 事项编号；不填为全部可办和应办。 Matters by code or slug; all that may or must be filed if left out. */
  matters?: Array<string> | null | undefined;
  /** 本人填写的内容。 What the person typed. */
  answers: Array<AnswerInput>;
  /** 渠道。 Channel. */
  channel?: Channel | null | undefined;
  /** 由哪份草稿提交。 The draft it comes from. */
  draftId?: string | null | undefined;
  /** 容缺受理：承诺补交的次要材料。 Minor papers promised for later (acceptance with gaps). */
  gaps?: Array<GapInput> | null | undefined;
  /** 告知承诺：以书面承诺代替的材料。 Papers replaced by a signed commitment. */
  commitments?: Array<string> | null | undefined;
};

/** 补正内容。 An answer to a return. */
export type SupplementItemInput = {
  /** 事项办件。 The item. */
  itemId: string;
  /** 改正后的填写内容，仅限被退回的。 Corrected answers, of reopened fields only. */
  answers?: Array<AnswerInput> | null | undefined;
  /** 重新提交的材料编号。 Papers handed in again. */
  materials?: Array<string> | null | undefined;
};

/** 能不能办。 Whether a matter may be filed. */
export type Verdict =
  /** 可办。 Every condition holds. */
  | 'ELIGIBLE'
  /** 待部门认定。 None fails, some depend on facts not told yet. */
  | 'UNCERTAIN'
  /** 不可办。 At least one fails. */
  | 'INELIGIBLE';

/** 预警。 How near the promised day. */
export type WarningLevel =
  /** 正常。 None. */
  | 'NONE'
  /** 黄牌：临近期限。 Yellow: near. */
  | 'YELLOW'
  /** 红牌：已超期。 Red: past it. */
  | 'RED';

/** 撤回办件。 Which case to take back. */
export type WithdrawCaseInput = {
  /** 办件。 The case. */
  caseId: string;
  /** 原因。 Why. */
  reason?: string | null | undefined;
};

/** 撤回同意。 What is taken back. */
export type WithdrawConsentInput = {
  /** 同意的编号。 ID of the consent. */
  consentId: string;
};

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

export type ReadNotificationsMutationVariables = Exact<{
  input: ReadNotificationsInput;
}>;


export type ReadNotificationsMutation = { readNotifications: { notifications: Array<{ id: string, state: NotificationState }> } };

export type PortalHomeQueryVariables = Exact<{ [key: string]: never; }>;


export type PortalHomeQuery = { catalog: { disclaimer: { zh: string } }, me: { veteran: { id: string, name: string, division: { code: string, fullName: string }, notifications: Array<{ id: string, createdAt: string, title: { zh: string }, body: { zh: string }, case: { id: string } | null }>, cases: { nodes: Array<{ id: string, number: string, state: CaseState, dueOn: string | null, items: Array<{ id: string, state: ItemState }> }> } } | null } };

export type PortalPlanQueryVariables = Exact<{
  veteran: string;
  matters?: Array<string> | string | null | undefined;
}>;


export type PortalPlanQuery = { plan: { promisedOn: { day: string, provisional: boolean }, pathWords: { zh: string }, totals: { matters: number, before: { days: number, materials: number, visits: number }, after: { days: number, materials: number, visits: number } }, matters: Array<{ verdict: Verdict, selected: boolean, done: boolean, duty: string, workdays: number, matter: { code: string, name: { zh: string }, department: { name: { zh: string } } }, reasons: Array<{ verdict: string, words: { zh: string } }>, whatWouldChange: Array<{ name: { zh: string } }>, limit: { overdue: boolean, words: { zh: string } } | null }>, materials: { kept: Array<{ material: string, original: boolean, name: { zh: string }, why: { zh: string } }>, dropped: Array<{ material: string, name: { zh: string }, words: { zh: string } }> }, notice: { sections: Array<{ id: string, heading: { zh: string }, lines: Array<{ zh: string }> }> }, form: { counts: { typed: number, known: number } } } };

export type PortalFormQueryVariables = Exact<{
  veteran: string;
  matters?: Array<string> | string | null | undefined;
}>;


export type PortalFormQuery = { catalog: { codeLists: Array<{ id: string, items: Array<{ code: string, name: { zh: string } }> }> }, plan: { promisedOn: { day: string }, matters: Array<{ matter: { code: string } }>, form: { counts: { typed: number, known: number }, sections: Array<{ group: string, name: { zh: string }, fields: Array<{ id: string, type: string, pattern: string | null, minLength: number | null, maxLength: number | null, codes: string | null, required: boolean, when: string | null, fill: string, value: unknown, absent: boolean, source: string | null, asOf: string | null, readOnly: boolean, name: { zh: string }, why: { zh: string }, askedBy: Array<{ name: { zh: string } }> }> }> } } };

export type PortalDivisionsQueryVariables = Exact<{
  parent: string;
}>;


export type PortalDivisionsQuery = { divisions: Array<{ code: string, name: string, level: string }> };

export type PortalDraftQueryVariables = Exact<{
  id: string;
}>;


export type PortalDraftQuery = { case: { id: string, state: CaseState, draft: { savedAt: string, answers: Array<{ field: string, value: unknown }>, matters: Array<{ code: string }>, changes: Array<{ words: { zh: string } }> } | null } };

export type PortalSaveDraftMutationVariables = Exact<{
  input: SaveDraftInput;
}>;


export type PortalSaveDraftMutation = { saveDraft: { case: { id: string, draft: { savedAt: string, problems: Array<{ field: string, message: { zh: string } }> } | null } } };

export type PortalCaseQueryVariables = Exact<{
  id: string;
}>;


export type PortalCaseQuery = { case: { id: string, number: string, state: CaseState, acceptedOn: string | null, dueOn: string | null, dueProvisional: boolean, workdays: number, warning: WarningLevel, clock: { left: number, stopped: boolean, due: { steps: Array<{ day: string, until: string, days: number, note: { zh: string }, matter: { name: { zh: string } } | null }> } } | null, items: Array<{ id: string, state: ItemState, dueOn: string, words: string | null, resultNo: string | null, round: number, matter: { code: string, name: { zh: string }, result: { zh: string } }, department: { name: { zh: string } }, after: Array<{ name: { zh: string } }>, corrections: Array<{ id: string, round: number, words: string | null, dueOn: string, answeredAt: string | null, defects: Array<{ words: string, field: { id: string, type: string, codes: string | null, name: { zh: string } } | null, material: { code: string, name: { zh: string } } | null }> }> }>, appointments: Array<{ id: string, day: string, starts: string, ends: string, state: AppointmentState, name: { zh: string }, bring: Array<{ name: { zh: string } }> }>, feedbackSheet: { number: string, complete: boolean, workdaysUsed: number | null, workdaysPromised: number, onTime: boolean | null, lines: Array<{ number: string | null, words: string | null, result: { zh: string }, matter: { code: string, name: { zh: string } }, nextStep: { zh: string } | null, remedy: { zh: string } | null }> }, rating: Array<{ id: string, grade: RatingGrade, reply: string | null, matter: { code: string } }> } };

export type PortalProgressSubscriptionVariables = Exact<{
  id: string;
}>;


export type PortalProgressSubscription = { caseProgress: { ended: number, total: number, over: boolean, case: { id: string, state: CaseState, dueOn: string | null, items: Array<{ id: string, state: ItemState }> } } };

export type PortalVisitQueryVariables = Exact<{
  input: AppointmentOptionsInput;
}>;


export type PortalVisitQuery = { appointmentOptions: { visits: Array<{ window: string, notBefore: string, name: { zh: string }, matters: Array<{ name: { zh: string } }>, bring: Array<{ name: { zh: string } }>, slots: Array<{ id: string, day: string, starts: string, ends: string, left: number }> }> } };

export type PortalBookMutationVariables = Exact<{
  input: BookAppointmentInput;
}>;


export type PortalBookMutation = { bookAppointment: { appointment: { id: string } } };

export type PortalCancelAppointmentMutationVariables = Exact<{
  input: CancelAppointmentInput;
}>;


export type PortalCancelAppointmentMutation = { cancelAppointment: { appointment: { id: string, state: AppointmentState } } };

export type PortalRateMutationVariables = Exact<{
  input: RateCaseInput;
}>;


export type PortalRateMutation = { rateCase: { case: { id: string, rating: Array<{ id: string, grade: RatingGrade }> } } };

export type PortalReadsQueryVariables = Exact<{
  after?: string | null | undefined;
}>;


export type PortalReadsQuery = { me: { veteran: { id: string, readReceipts: { nodes: Array<{ id: string, at: string, article: string | null, caseNumber: string | null, proof: string, reader: { kind: string, self: boolean, masked: boolean, name: { zh: string } }, purpose: { name: { zh: string } }, basis: { name: { zh: string } }, fields: Array<{ name: { zh: string } }> }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } } | null } };

export type PortalMineQueryVariables = Exact<{ [key: string]: never; }>;


export type PortalMineQuery = { me: { veteran: { id: string, name: string, dataUses: Array<{ readable: boolean, announced: boolean, slice: { name: string, version: number, basis: SliceBasis, article: string, until: string, title: { zh: string }, partner: { zh: string }, purpose: { zh: string }, notice: { zh: string } }, consents: Array<{ id: string, inForce: boolean, grantedAt: string, until: string }> }>, mandates: Array<{ id: string, agent: string, agentName: string | null, state: MandateState, until: string, matters: Array<{ name: { zh: string } }> }>, elements: Array<{ state: ElementState, value: unknown, field: { id: string, type: string, codes: string | null, name: { zh: string } }, provenance: { asOf: string, source: { name: { zh: string } } } | null, dispute: { id: string, state: DisputeState, dueOn: string, words: string | null } | null }> } | null }, catalog: { codeLists: Array<{ id: string, items: Array<{ code: string, name: { zh: string } }> }> } };

export type PortalGrantConsentMutationVariables = Exact<{
  input: GrantConsentInput;
}>;


export type PortalGrantConsentMutation = { grantConsent: { consent: { id: string, inForce: boolean } } };

export type PortalWithdrawConsentMutationVariables = Exact<{
  input: WithdrawConsentInput;
}>;


export type PortalWithdrawConsentMutation = { withdrawConsent: { consent: { id: string, inForce: boolean } } };

export type PortalRevokeMandateMutationVariables = Exact<{
  input: RevokeMandateInput;
}>;


export type PortalRevokeMandateMutation = { revokeMandate: { mandate: { id: string, state: MandateState } } };

export type PortalGrantMandateMutationVariables = Exact<{
  input: GrantMandateInput;
}>;


export type PortalGrantMandateMutation = { grantMandate: { mandate: { id: string, state: MandateState } } };

export type PortalDisputeMutationVariables = Exact<{
  input: DisputeValueInput;
}>;


export type PortalDisputeMutation = { disputeValue: { dispute: { id: string, state: DisputeState, dueOn: string } } };

export const SubmitCaseDocument = "mutation SubmitCase($input:SubmitCaseInput!){submitCase(input:$input){case{id number state dueOn}replayed receipt{number}problems{field matters{code}reason message{zh en}}}}" as unknown as Typed<SubmitCaseMutation, SubmitCaseMutationVariables>
export const SupplementItemDocument = "mutation SupplementItem($input:SupplementItemInput!){supplementItem(input:$input){item{id state}problems{field reason message{zh en}}}}" as unknown as Typed<SupplementItemMutation, SupplementItemMutationVariables>
export const WithdrawCaseDocument = "mutation WithdrawCase($input:WithdrawCaseInput!){withdrawCase(input:$input){case{id state}}}" as unknown as Typed<WithdrawCaseMutation, WithdrawCaseMutationVariables>
export const ReadNotificationsDocument = "mutation ReadNotifications($input:ReadNotificationsInput!){readNotifications(input:$input){notifications{id state}}}" as unknown as Typed<ReadNotificationsMutation, ReadNotificationsMutationVariables>
export const PortalHomeDocument = "query PortalHome{catalog{disclaimer{zh}}me{veteran{id name division{code fullName}notifications(first:5,unread:true){id title{zh}body{zh}createdAt case{id}}cases(first:10){nodes{id number state dueOn items{id state}}}}}}" as unknown as Typed<PortalHomeQuery, PortalHomeQueryVariables>
export const PortalPlanDocument = "query PortalPlan($veteran:ID!,$matters:[ID!]){plan(input:{veteranId:$veteran,matters:$matters}){promisedOn{day provisional}pathWords{zh}totals{matters before{days materials visits}after{days materials visits}}matters{matter{code name{zh}department{name{zh}}}verdict selected done duty workdays reasons{words{zh}verdict}whatWouldChange{name{zh}}limit{words{zh}overdue}}materials{kept{material name{zh}why{zh}original}dropped{material name{zh}words{zh}}}notice{sections{id heading{zh}lines{zh}}}form{counts{typed known}}}}" as unknown as Typed<PortalPlanQuery, PortalPlanQueryVariables>
export const PortalFormDocument = "query PortalForm($veteran:ID!,$matters:[ID!]){catalog{codeLists{id items{code name{zh}}}}plan(input:{veteranId:$veteran,matters:$matters}){promisedOn{day}matters(selected:true){matter{code}}form{counts{typed known}sections{group name{zh}fields{id name{zh}type pattern minLength maxLength codes required when fill why{zh}value absent source asOf readOnly askedBy{name{zh}}}}}}}" as unknown as Typed<PortalFormQuery, PortalFormQueryVariables>
export const PortalDivisionsDocument = "query PortalDivisions($parent:ID!){divisions(parent:$parent,first:100){code name level}}" as unknown as Typed<PortalDivisionsQuery, PortalDivisionsQueryVariables>
export const PortalDraftDocument = "query PortalDraft($id:ID!){case(id:$id){id state draft{answers{field value}savedAt matters{code}changes{words{zh}}}}}" as unknown as Typed<PortalDraftQuery, PortalDraftQueryVariables>
export const PortalSaveDraftDocument = "mutation PortalSaveDraft($input:SaveDraftInput!){saveDraft(input:$input){case{id draft{savedAt problems{field message{zh}}}}}}" as unknown as Typed<PortalSaveDraftMutation, PortalSaveDraftMutationVariables>
export const PortalCaseDocument = "query PortalCase($id:ID!){case(id:$id){id number state acceptedOn dueOn dueProvisional workdays warning clock{left stopped due{steps{day until days note{zh}matter{name{zh}}}}}items{id state dueOn words resultNo round matter{code name{zh}result{zh}}department{name{zh}}after{name{zh}}corrections{id round words dueOn answeredAt defects{words field{id name{zh}type codes}material{code name{zh}}}}}appointments{id name{zh}day starts ends state bring{name{zh}}}feedbackSheet{number complete workdaysUsed workdaysPromised onTime lines{number words result{zh}matter{code name{zh}}nextStep{zh}remedy{zh}}}rating{id grade matter{code}reply}}}" as unknown as Typed<PortalCaseQuery, PortalCaseQueryVariables>
export const PortalProgressDocument = "subscription PortalProgress($id:ID!){caseProgress(id:$id){ended total over case{id state dueOn items{id state}}}}" as unknown as Typed<PortalProgressSubscription, PortalProgressSubscriptionVariables>
export const PortalVisitDocument = "query PortalVisit($input:AppointmentOptionsInput!){appointmentOptions(input:$input){visits{window name{zh}notBefore matters{name{zh}}bring{name{zh}}slots{id day starts ends left}}}}" as unknown as Typed<PortalVisitQuery, PortalVisitQueryVariables>
export const PortalBookDocument = "mutation PortalBook($input:BookAppointmentInput!){bookAppointment(input:$input){appointment{id}}}" as unknown as Typed<PortalBookMutation, PortalBookMutationVariables>
export const PortalCancelAppointmentDocument = "mutation PortalCancelAppointment($input:CancelAppointmentInput!){cancelAppointment(input:$input){appointment{id state}}}" as unknown as Typed<PortalCancelAppointmentMutation, PortalCancelAppointmentMutationVariables>
export const PortalRateDocument = "mutation PortalRate($input:RateCaseInput!){rateCase(input:$input){case{id rating{id grade}}}}" as unknown as Typed<PortalRateMutation, PortalRateMutationVariables>
export const PortalReadsDocument = "query PortalReads($after:String){me{veteran{id readReceipts(first:20,after:$after){nodes{id at reader{kind name{zh}self masked}purpose{name{zh}}basis{name{zh}}article fields{name{zh}}caseNumber proof}pageInfo{hasNextPage endCursor}}}}}" as unknown as Typed<PortalReadsQuery, PortalReadsQueryVariables>
export const PortalMineDocument = "query PortalMine{me{veteran{id name dataUses{readable announced slice{name version title{zh}partner{zh}purpose{zh}basis article until notice{zh}}consents{id inForce grantedAt until}}mandates{id agent agentName state until matters{name{zh}}}elements{field{id name{zh}type codes}state value provenance{source{name{zh}}asOf}dispute{id state dueOn words}}}}catalog{codeLists{id items{code name{zh}}}}}" as unknown as Typed<PortalMineQuery, PortalMineQueryVariables>
export const PortalGrantConsentDocument = "mutation PortalGrantConsent($input:GrantConsentInput!){grantConsent(input:$input){consent{id inForce}}}" as unknown as Typed<PortalGrantConsentMutation, PortalGrantConsentMutationVariables>
export const PortalWithdrawConsentDocument = "mutation PortalWithdrawConsent($input:WithdrawConsentInput!){withdrawConsent(input:$input){consent{id inForce}}}" as unknown as Typed<PortalWithdrawConsentMutation, PortalWithdrawConsentMutationVariables>
export const PortalRevokeMandateDocument = "mutation PortalRevokeMandate($input:RevokeMandateInput!){revokeMandate(input:$input){mandate{id state}}}" as unknown as Typed<PortalRevokeMandateMutation, PortalRevokeMandateMutationVariables>
export const PortalGrantMandateDocument = "mutation PortalGrantMandate($input:GrantMandateInput!){grantMandate(input:$input){mandate{id state}}}" as unknown as Typed<PortalGrantMandateMutation, PortalGrantMandateMutationVariables>
export const PortalDisputeDocument = "mutation PortalDispute($input:DisputeValueInput!){disputeValue(input:$input){dispute{id state dueOn}}}" as unknown as Typed<PortalDisputeMutation, PortalDisputeMutationVariables>
