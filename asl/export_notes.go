package asl

// noteDifferences notes what no export can express, and what of that concerns this machine.
func (x *exporter) noteDifferences() {}
