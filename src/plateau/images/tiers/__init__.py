"""Two object stores: what nobody looks at moves to the second one."""
