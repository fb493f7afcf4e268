"""Amazon EventBridge Scheduler: schedules, their groups, and what they call when they are due."""
