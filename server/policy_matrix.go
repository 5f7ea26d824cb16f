package server

import (
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/catalog"
)

// cell is what one role is sent of one field at one door: never, or the sight by which
// the rows are picked.
type cell string

const (
	never cell = "-"
	part  cell = "PARENT" // of the row that it is a part of
)

// cellOf is the cell of a role. Departments are those of officers for whom it holds,
// where it does not hold for all.
type cellOf struct {
	Role        access.Kind
	Cell        cell
	Departments []string
}

func (c cellOf) String() string {
	if len(c.Departments) == 0 {
		return string(c.Cell)
	}
	return string(c.Cell) + " " + strings.Join(c.Departments, " ")
}

// line is one field at one door.
type line struct {
	Door, Field string
	Classes     []string
	Act         access.Act // for a root field
	Cells       []cellOf   // in the order of the policy's roles, the machine left out
}

// matrix is role × door × field of the whole schema and of what leaves by other doors.
func matrix(p *access.Policy, c *catalog.Catalog) (lines []line) {
	m := &matrixMaker{policy: p, catalog: c, schema: described(), reached: map[string]map[string]bool{}}
	for _, d := range c.Departments {
		if !d.External {
			m.departments = append(m.departments, d.Code)
		}
	}
	for _, door := range p.Doors {
		switch door.Name {
		case "graphql", "subgraph":
			lines = append(lines, m.graph(door.Name)...)
		case "export":
			for _, col := range slices.Concat(caseColumns, figureColumns()) {
				lines = append(lines, m.whole(door.Name, col.Name, "operational", "statistics.read"))
			}
		default: // one file of all that is theirs
			lines = append(lines, m.whole(door.Name, "*", "sensitive", "profile.read"))
		}
	}
	return lines
}

type matrixMaker struct {
	policy      *access.Policy
	catalog     *catalog.Catalog
	schema      *ast.Schema
	departments []string
	reached     map[string]map[string]bool // role and department -> Type.field that a lawful query can reach
}

// whole is a field of a file.
func (m *matrixMaker) whole(door, field, class string, act access.Act) line {
	l := line{Door: door, Field: field, Classes: []string{class}, Act: act}
	for _, r := range m.roles() {
		c := cellOf{Role: r.Kind, Cell: never}
		if m.policy.Through(door, r.Kind) && slices.Contains(r.Acts, act) {
			c.Cell = cell(r.Where)
		}
		l.Cells = append(l.Cells, c)
	}
	return l
}

func (m *matrixMaker) graph(door string) (lines []line) {
	for _, typ := range sortedKeys(m.schema.Types) {
		d := m.schema.Types[typ]
		if d.Kind != ast.Object || strings.HasPrefix(typ, "__") || typ == "_Service" || typ == "Entity" { // the last is gqlgen's own
			continue
		}
		for _, f := range d.Fields {
			if strings.HasPrefix(f.Name, "_") && (f.Name != "_entities" || door == "graphql") {
				continue
			}
			l := line{Door: door, Field: typ + "." + f.Name, Classes: classesOf(f)}
			l.Act, _ = m.policy.Asks(l.Field)
			for _, r := range m.roles() {
				l.Cells = append(l.Cells, m.cell(door, d, f, r))
			}
			lines = append(lines, l)
		}
	}
	return lines
}

func (m *matrixMaker) roles() (roles []*access.Role) {
	for i := range m.policy.Roles {
		if m.policy.Roles[i].Kind != access.Machine {
			roles = append(roles, &m.policy.Roles[i])
		}
	}
	return roles
}

func (m *matrixMaker) cell(door string, d *ast.Definition, f *ast.FieldDefinition, r *access.Role) cellOf {
	c := cellOf{Role: r.Kind, Cell: never}
	if !m.policy.Through(door, r.Kind) {
		return c
	}
	at := d.Name + "." + f.Name
	departments := []string{""}
	if r.Where == "DEPARTMENT" {
		departments = m.departments
	}
	for _, department := range departments {
		if m.reaches(&access.Viewer{Kind: r.Kind, Department: department})[at] {
			c.Cell = m.rows(d.Name, r)
			c.Departments = append(c.Departments, department)
		}
	}
	if len(c.Departments) == len(departments) {
		c.Departments = nil
	}
	return c
}

// rows is by which sight the rows of a type are picked for a role that may be sent it.
func (m *matrixMaker) rows(typ string, r *access.Role) cell {
	if e := m.policy.Entity(typ); e != "" {
		return cell(m.policy.Sight(e, r.Kind))
	}
	if d := m.schema.Types[typ]; d == m.schema.Query || d == m.schema.Mutation || d == m.schema.Subscription {
		return cell(r.Where)
	}
	return part
}

// reaches is every field that a query or mutation of a viewer can reach: from the root
// fields whose acts are theirs, through fields that they may be sent, along types whose
// rows they see.
func (m *matrixMaker) reaches(v *access.Viewer) map[string]bool {
	key := string(v.Kind) + " " + v.Department
	if known, ok := m.reached[key]; ok {
		return known
	}
	all, been := map[string]bool{}, map[string]bool{}
	m.reached[key] = all
	var into func(typ string)
	into = func(typ string) {
		d := m.schema.Types[typ]
		if been[typ] || d == nil {
			return
		}
		been[typ] = true
		for _, t := range d.Types { // of a union
			into(t)
		}
		if e := m.policy.Entity(typ); e != "" && m.policy.Sight(e, v.Kind) == access.None {
			return
		}
		for _, f := range d.Fields {
			classes := classesOf(f)
			if strings.HasPrefix(f.Name, "__") || len(classes) > 0 && !m.policy.Sent(m.catalog, v, typ, f.Name, classes) {
				continue
			}
			all[typ+"."+f.Name] = true
			into(f.Type.Name())
		}
	}
	for _, root := range []*ast.Definition{m.schema.Query, m.schema.Mutation, m.schema.Subscription} {
		for _, f := range root.Fields {
			act, listed := m.policy.Asks(root.Name + "." + f.Name)
			if listed && (act == "" || v.May(act)) {
				all[root.Name+"."+f.Name] = true
				into(f.Type.Name())
			}
		}
	}
	return all
}

// writeMatrix writes it as CSV, UTF-8: a line for each door and field, a column for each role.
func writeMatrix(w io.Writer, lines []line) error {
	out := csv.NewWriter(w)
	head := []string{"door", "field", "classes", "act"}
	for _, c := range lines[0].Cells {
		head = append(head, string(c.Role))
	}
	rows := [][]string{head}
	for _, l := range lines {
		row := []string{l.Door, l.Field, strings.Join(l.Classes, " "), string(l.Act)}
		for _, c := range l.Cells {
			row = append(row, c.String())
		}
		rows = append(rows, row)
	}
	return out.WriteAll(rows)
}

type policyCommand struct{}

// Run prints who is sent what: role × door × field.
func (policyCommand) Run(s *session) error {
	c, err := catalog.Builtin()
	if err != nil {
		return err
	}
	if err := writeMatrix(s.out, matrix(access.Builtin(), c)); err != nil {
		return fmt.Errorf("write the matrix: %w", err)
	}
	return nil
}
