"""The routes of the pages under `/ui`: who may see them, what they show, what their forms do."""
