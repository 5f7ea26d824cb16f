package notify

import (
	"context"
	"strings"

	"github.com/rs/zerolog"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/internal/words"
)

// Title is the title of a notification.
func (p *Post) Title(n *gen.Notification) words.Text {
	if t := p.Words.by[n.Kind]; t != nil {
		return t.Title
	}
	return words.Text{Zh: "通知", En: "Notice"} // of a kind that an operator has taken out since
}

// Body is the text of a notification, as the person reads it in the portal. It
// holds the confirmation code for as long as that is kept.
func (p *Post) Body(ctx context.Context, n *gen.Notification) words.Text {
	t := p.Words.by[n.Kind]
	if t == nil {
		return p.Title(n)
	}
	return p.fill(ctx, t.Body, n)
}

// sms is a notification as a short message, Chinese first.
func (p *Post) sms(ctx context.Context, n *gen.Notification) string {
	t := p.Words.by[n.Kind]
	if t == nil {
		return ""
	}
	text := p.fill(ctx, t.sms(), n)
	return text.Zh + "\n" + text.En
}

// fill puts a notification's facts where a text has their placeholders. A value
// is put in once: placeholders within it stay what they are.
func (p *Post) fill(ctx context.Context, t words.Text, n *gen.Notification) words.Text {
	o := p.Words.Otherwise
	facts := []struct {
		name string
		text words.Text
	}{
		{"{number}", orElse(n.Facts["number"], o.Number)},
		{"{due}", orElse(n.Facts["due"], o.Due)},
		{"{words}", orElse(n.Facts["words"], o.Words)},
		{"{code}", orElse(p.secret(ctx, n), o.Code)},
		{"{matter}", p.matter(n, o.Matter)},
		{"{department}", p.department(n, o.Department)},
	}
	if said := n.Facts["wordsEn"]; said != "" { // not typed by a person, so there are both
		facts[2].text.En = said
	}
	var zh, en []string
	for _, f := range facts {
		zh, en = append(zh, f.name, f.text.Zh), append(en, f.name, f.text.En)
	}
	return words.Text{Zh: strings.NewReplacer(zh...).Replace(t.Zh), En: strings.NewReplacer(en...).Replace(t.En)}
}

func orElse(value string, t words.Text) words.Text {
	if value == "" {
		return t
	}
	return words.Text{Zh: value, En: value}
}

func (p *Post) matter(n *gen.Notification, otherwise words.Text) words.Text {
	if m := p.Catalog().Matter(n.Matter); m != nil {
		return m.Name
	}
	return otherwise
}

// department is the one that the facts name by code, or else the matter's.
func (p *Post) department(n *gen.Notification, otherwise words.Text) words.Text {
	code := n.Facts["department"]
	if m := p.Catalog().Matter(n.Matter); code == "" && m != nil {
		code = m.Lead
	}
	if d := p.Catalog().Department(code); d != nil {
		return d.Name
	}
	return otherwise
}

func (p *Post) secret(ctx context.Context, n *gen.Notification) string {
	if len(n.SecretSealed) == 0 {
		return ""
	}
	plain, err := p.Vault.Open(n.SecretSealed, bindSecret(n.ID))
	if err != nil {
		zerolog.Ctx(ctx).Error().Err(err).Str("notification", n.ID).Msg("a code cannot be opened")
		return ""
	}
	return string(plain)
}

// bindSecret ties a sealed code to its row.
func bindSecret(id string) string { return "notifications:secret:" + id }
