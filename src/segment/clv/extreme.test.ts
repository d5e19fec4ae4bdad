import { extremeCustomers } from './extreme.fixture.ts'

extremeCustomers(2_000)
