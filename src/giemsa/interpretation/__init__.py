"""What has it learnt, and can that picture be believed?"""
