"""The API's answers: what each holds, as OpenAPI publishes it. Times are wall seconds, money is USD, lines count from 1."""
