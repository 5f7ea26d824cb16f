package server

import (
	"fmt"
	"net/http"
)

func (h *Hub) devPersonas(w http.ResponseWriter, r *http.Request) {}

func (h *Hub) welcome(doors []*door, say func(zh, en string)) {
	for _, d := range doors {
		say(fmt.Sprint(d.name, " http://", d.listener.Addr()), "")
	}
}

func (h *Hub) pages(route func(pattern, name string, handler http.Handler)) {}
