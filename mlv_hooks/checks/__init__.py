"""Run the rules, leave out what people accept, report and mend the rest."""
