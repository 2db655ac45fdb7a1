"""The report as a page: templates, charts, and texts made safe to show."""
