package model

import (
	"github.com/vetgraph/vetgraph/ent/gen/casefile"
	"github.com/vetgraph/vetgraph/ent/gen/task"
	"github.com/vetgraph/vetgraph/internal/lifecycle"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// AcceptCaseInput is the argument of Mutation.acceptCase.
type AcceptCaseInput struct {
	CaseID string
	Words  *string
}

// AppointmentOptionsInput is the argument of Query.appointmentOptions.
type AppointmentOptionsInput struct {
	CaseID   string
	From     *workday.Day
	Workdays *int
}

// BookAppointmentInput is the argument of Mutation.bookAppointment.
type BookAppointmentInput struct {
	CaseID         string
	SlotID         string
	IdempotencyKey string
}

// CancelAppointmentInput is the argument of Mutation.cancelAppointment.
type CancelAppointmentInput struct {
	AppointmentID string
}

// CloseTaskInput is the argument of Mutation.closeTask.
type CloseTaskInput struct {
	TaskID  string
	Outcome string
}

// ConfirmMandateInput is the argument of Mutation.confirmMandate.
type ConfirmMandateInput struct {
	MandateID string
	Code      string
}

// DecideDisputeInput is the argument of Mutation.decideDispute.
type DecideDisputeInput struct {
	DisputeID string
	Upheld    bool
	Words     string
}

// DecideItemInput is the argument of Mutation.decideItem.
type DecideItemInput struct {
	ItemID   string
	Granted  bool
	ResultNo *string
	Words    *string
}

// DecidePreReviewInput is the argument of Mutation.decidePreReview.
type DecidePreReviewInput struct {
	PreReviewID string
	Passed      bool
	Defects     []*DefectInput
	Words       *string
}

// DefectInput is one defect: a field or a paper, exactly one of them, or a coded one.
type DefectInput struct {
	Code     *string
	Field    *string
	Material *string
	Words    *string
}

// DeliverItemInput is the argument of Mutation.deliverItem.
type DeliverItemInput struct {
	ItemID string
	Words  string
}

// DisputeValueInput is the argument of Mutation.disputeValue.
type DisputeValueInput struct {
	VeteranID string
	Field     string
	Claim     any
	Reason    string
}

// GapInput is a paper promised for later.
type GapInput struct {
	Material string
	By       workday.Day
}

// GrantMandateInput is the argument of Mutation.grantMandate.
type GrantMandateInput struct {
	MandateID *string
	Agent     *string
	Matters   []string
	Until     *workday.Day
}

// ItemFilter narrows a list; what is left out does not.
type ItemFilter struct {
	Division *string
	States   []lifecycle.ItemState
	Matter   *string
	Warnings []lifecycle.Warning
}

// LoadCalendarInput is the argument of Mutation.loadCalendar.
type LoadCalendarInput struct {
	Schedule string
	DryRun   bool
}

// MatterRatingInput is the rating of one matter.
type MatterRatingInput struct {
	Matter string
	Grade  RatingGrade
	Words  *string
}

// MoveAppointmentInput is the argument of Mutation.moveAppointment.
type MoveAppointmentInput struct {
	AppointmentID string
	SlotID        string
}

// RateCaseInput is the argument of Mutation.rateCase.
type RateCaseInput struct {
	CaseID  string
	Ratings []*MatterRatingInput
}

// ReadNotificationsInput is the argument of Mutation.readNotifications.
type ReadNotificationsInput struct {
	Ids []string
}

// RefuseCaseInput is the argument of Mutation.refuseCase.
type RefuseCaseInput struct {
	CaseID  string
	Reasons string
}

// ReplyRatingInput is the argument of Mutation.replyRating.
type ReplyRatingInput struct {
	RatingID string
	Words    string
}

// RequestMandateInput is the argument of Mutation.requestMandate.
type RequestMandateInput struct {
	VeteranID string
	Matters   []string
	Until     workday.Day
}

// RequestPreReviewInput is the argument of Mutation.requestPreReview.
type RequestPreReviewInput struct {
	CaseID string
}

// ResumeItemInput is the argument of Mutation.resumeItem.
type ResumeItemInput struct {
	ItemID string
	Words  *string
}

// ReturnItemInput is the argument of Mutation.returnItem.
type ReturnItemInput struct {
	ItemID  string
	Defects []*DefectInput
	Words   *string
}

// RevokeMandateInput is the argument of Mutation.revokeMandate.
type RevokeMandateInput struct {
	MandateID string
}

// SaveDraftInput is the argument of Mutation.saveDraft.
type SaveDraftInput struct {
	CaseID    *string
	VeteranID string
	Matters   []string
	Answers   []*AnswerInput
	Channel   *casefile.Channel
}

// SupplementItemInput is the argument of Mutation.supplementItem.
type SupplementItemInput struct {
	ItemID    string
	Answers   []*AnswerInput
	Materials []string
}

// SuspendItemInput is the argument of Mutation.suspendItem.
type SuspendItemInput struct {
	ItemID string
	Reason string
	Law    string
}

// TakePapersInput is the argument of Mutation.takePapers.
type TakePapersInput struct {
	CaseID    string
	Materials []string
}

// TaskFilter narrows a list; what is left out does not.
type TaskFilter struct {
	Mine     *bool
	States   []task.State
	Kind     *string
	Division *string
}

// ViolationFilter narrows a list; what is left out does not.
type ViolationFilter struct {
	Kind     *string
	Division *string
}

// WithdrawCaseInput is the argument of Mutation.withdrawCase.
type WithdrawCaseInput struct {
	CaseID string
	Reason *string
}

// WithdrawItemInput is the argument of Mutation.withdrawItem.
type WithdrawItemInput struct {
	ItemID string
	Reason *string
}
