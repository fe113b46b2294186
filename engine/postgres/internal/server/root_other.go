//go:build !linux

package server

import "syscall"

func (s *Server) attributes() *syscall.SysProcAttr { return nil }

func (s *Server) own(string) error { return nil }
