"""Who a customer is: ids, phone numbers, opt-out words, and finding them in stored bodies."""
