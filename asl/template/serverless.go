package template

func (d *document) serverless() []*Machine { return nil }
