/** Ten thousand customers of each model that nobody should have; the everyday suite looks at two thousand. */
import { extremeCustomers } from '../../src/segment/clv/extreme.fixture.ts'

extremeCustomers(10_000)
