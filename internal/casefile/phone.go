package casefile

import (
	"context"
	"fmt"

	"github.com/vetgraph/vetgraph/ent/gen"
	gencase "github.com/vetgraph/vetgraph/ent/gen/casefile"
	"github.com/vetgraph/vetgraph/internal/profile"
)

// mobile is the data element of a mobile number.
const mobile = "mobile"

// MobileOf is the number under which a veteran wants to hear from us: the one they
// gave with their last case, or the profile's if that is newer or there is no
// case; empty if none is known. It implements [notify.Phones].
func (d *Desk) MobileOf(ctx context.Context, veteranID string) (string, error) {
	contacts, err := profile.Read(ctx, d.Profile, profile.Contacts, []string{veteranID})
	if err != nil {
		return "", err
	}
	c, err := d.Store.Read.CaseFile.Query().Where(gencase.VeteranID(veteranID), gencase.SubmittedAtNotNil(), gencase.AnswersSealedNotNil()).
		Order(gencase.BySubmittedAt(desc), gencase.ByID(desc)).Select(gencase.FieldID, gencase.FieldSubmittedAt, gencase.FieldAnswersSealed).First(ctx)
	if err != nil && !gen.IsNotFound(err) {
		return "", fmt.Errorf("last case: %w", err)
	}
	known := contacts[veteranID]
	if c != nil && (len(known) == 0 || known[len(known)-1].AsOf.Before(*c.SubmittedAt)) {
		given := map[string]any{}
		if err := d.unseal(c.AnswersSealed, bindAnswers(c.ID), &given); err != nil {
			return "", fmt.Errorf("answers: %w", err)
		}
		if number, ok := given[mobile].(string); ok && number != "" {
			return number, nil
		}
	}
	if len(known) == 0 {
		return "", nil
	}
	return d.Profile.Mobile(known[len(known)-1])
}
