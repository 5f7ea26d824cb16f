package server

import (
	"fmt"
	"strings"
)

// welcome tells where everything is, and how honest it is.
func (h *Hub) welcome(doors []*door, say func(zh, en string)) {
	at := map[string]string{}
	for _, d := range doors {
		at[d.name] = "http://" + d.listener.Addr().String()
		if d.name == "public" {
			at[d.name] = h.Config.scheme() + "://" + d.listener.Addr().String()
		}
	}
	public := at["public"]
	lines := []string{"", "vetgraph " + version(), ""}
	if h.Config.Demo {
		lines = append(lines,
			"  打开 Open       "+public+"/",
			"  GraphiQL        "+public+"/graphiql")
	}
	lines = append(lines, "  GraphQL         "+public+"/graphql", "  Schema          "+public+"/schema.graphql")
	if a := at["subgraph"]; a != "" {
		lines = append(lines, "  Subgraph        "+a+"/subgraph   (路由器专用 for routers)")
	}
	if a := at["admin"]; a != "" {
		lines = append(lines, "  Metrics         "+a+"/metrics")
	}
	if h.Config.Demo {
		lines = append(lines, "",
			"  示例身份 Personas: curl '"+public+"/dev/token?persona=NAME'",
			"    "+personaNames(),
			"    veteran 可加 &id=编号(add &id=); 其他可加 &division=区划代码(others &division=)",
			"",
			"  请注意：事项目录是重建稿，不是官方文本；人员全部为示例数据，不是真人;",
			fmt.Sprintf("  示例部门把 1 个工作日压缩为 %g 秒。数据在 %s。", h.Config.WorkdayTakes.Seconds(), h.Config.Data),
			"  Please note: the catalogue is a reconstruction and not official; nobody here is real;",
			fmt.Sprintf("  simulated departments take %g s for a working day. The data is in %s.", h.Config.WorkdayTakes.Seconds(), h.Config.Data),
			"", "  Ctrl+C 停止 stops.")
	}
	say(strings.Join(lines, "\n"), "")
}
